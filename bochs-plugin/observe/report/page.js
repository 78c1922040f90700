// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The controls of the report: time, selected cell, links between memory, findings and commands. Texts
// of the run become text nodes only.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const memory = new Memory(data.map);
const byId = (id) => document.getElementById(id);
const slider = byId("slider"), strip = byId("strip");
const LOW_PAGES = Math.min(memory.pages, Math.max(1, Math.floor(2 ** 20 / memory.pageSize)));
const grids = {
  low: new Grid(byId("low"), memory, LOW_PAGES, 32, 16),
  all: new Grid(byId("all"), memory, memory.pages, 64, 64),
};
const SPAN = Math.max(1, memory.end - memory.start);
let now = memory.end;
let selection = null; // { first, pages } of the selected cell
let playing = null;

// --- helpers ---

const pageOf = (address) => Math.floor(address / memory.pageSize);
const hex = (number) => `0x${number.toString(16)}`;
const secondsText = (usec) => `${(usec / 1e6).toFixed(6)} s`;

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// --- drawing ---

// Findings up to now: their numbers, from 1, and pages.
function findingsNow() {
  const found = [];
  data.findings.forEach(([usec, address], i) => {
    if (address !== null && (usec === null || usec <= now)) found.push({ n: i + 1, page: pageOf(address) });
  });
  return found;
}

function drawGrids() {
  const marked = findingsNow().map((found) => found.page);
  for (const grid of Object.values(grids)) grid.draw(marked);
}

// Changes in each piece of time, in decades, with the moment and the findings.
function drawStrip() {
  const width = strip.clientWidth, height = 90, base = height - 18, pieces = Math.max(1, Math.floor(width / 3));
  const c = sharp(strip, width, height), sums = new Array(pieces).fill(0);
  for (const [usec, changes] of memory.steps)
    sums[Math.max(0, Math.min(pieces - 1, Math.floor(((usec - memory.start) / SPAN) * pieces)))] += changes;
  const decades = (n) => (n ? 1 + Math.log10(n) : 0);
  const top = Math.max(1, ...sums.map(decades));
  c.clearRect(0, 0, width, height);
  c.fillStyle = "#555555";
  sums.forEach((sum, i) => {
    const h = ((base - 14) * decades(sum)) / top;
    c.fillRect((i * width) / pieces, base - h, Math.max(1, width / pieces - 1), h);
  });
  c.fillStyle = "#1a1a1a";
  c.fillRect(0, base, width, 1);
  c.font = "11px system-ui, sans-serif";
  c.textAlign = "left";
  c.fillText(secondsText(memory.start), 0, height - 4);
  c.textAlign = "right";
  c.fillText(secondsText(memory.end), width, height - 4);
  c.textAlign = "center";
  if (width > 500) c.fillText("changes between private and shared", width / 2, height - 4);
  const place = (usec) => ((usec - memory.start) / SPAN) * width;
  for (const [usec] of data.findings) {
    if (usec === null) continue;
    const x = place(usec);
    c.beginPath();
    c.moveTo(x - 5, 0);
    c.lineTo(x + 5, 0);
    c.lineTo(x, 9);
    c.fill();
  }
  c.fillRect(Math.min(width - 2, Math.max(0, place(now) - 1)), 0, 2, base);
}

// --- text ---

function tellCounts() {
  const counts = memory.count(0, memory.pages), body = byId("counts").tBodies[0];
  const shown = USES.filter((look, use) => data.map.rmp || use < TIMELINE_HYPERVISOR); // those of the RMP are the last
  body.replaceChildren(...shown.map((look, use) => {
    const n = counts[use], row = element("tr");
    row.append(element("td", look.name), element("td", String(n)), element("td", sizeText(n * memory.pageSize)));
    return row;
  }));
  const shared = counts[TIMELINE_SHARED] + counts[TIMELINE_DECLARED];
  const text = `${secondsText(now)}: ${counts[TIMELINE_PRIVATE]} pages private, ${shared} shared or mapped shared, ` +
    `${memory.changes()} changes so far`;
  byId("now").textContent = text;
  slider.setAttribute("aria-valuetext", secondsText(now));
}

function tellRanges() {
  const box = byId("ranges");
  if (!box.open) return;
  const list = element("ul"), most = 1000, ranges = memory.sharedRanges(most);
  for (const { first, pages, use } of ranges) {
    const item = element("li");
    item.append(element("a", `${hex(first * memory.pageSize)} to ${hex((first + pages) * memory.pageSize - 1)}`,
      { href: `#at=${now},${hex(first * memory.pageSize)}` }), ` ${sizeText(pages * memory.pageSize)} ${USES[use].name}`);
    list.append(item);
  }
  if (!ranges.length) list.append(element("li", "none"));
  if (ranges.length === most) list.append(element("li", "and more"));
  box.querySelector("div").replaceChildren(list);
}

function overlaps(address, length) {
  const first = selection.first * memory.pageSize, end = (selection.first + selection.pages) * memory.pageSize;
  return address < end && address + length > first;
}

function tellSelection() {
  const here = byId("here");
  if (!selection) return;
  const { first, pages } = selection, counts = memory.count(first, pages), list = element("ul");
  counts.forEach((n, use) => {
    if (n) list.append(element("li", `${n} of ${pages} pages ${USES[use].name}`));
  });
  for (const [n, name, address, length, command] of data.regions) {
    if (!overlaps(address, length)) continue;
    const item = element("li", `${command} of ${name || "a region"}: `);
    item.append(element("a", `command ${n}`, { href: `#c${n}` }));
    list.append(item);
  }
  data.findings.forEach(([, address, kind], i) => {
    if (address === null || !overlaps(address, 1)) return;
    const item = element("li");
    item.append(element("a", `finding ${i + 1}`, { href: `#f${i + 1}` }), ` ${kind}`);
    list.append(item);
  });
  here.replaceChildren(element("p", `${hex(first * memory.pageSize)} to ` +
    `${hex((first + pages) * memory.pageSize - 1)}`), list);
}

// --- moving ---

function show() {
  memory.goTo(now);
  slider.value = String(Math.round(((now - memory.start) / SPAN) * 1000));
  byId("before").disabled = byId("first").disabled = now <= memory.start;
  byId("after").disabled = byId("last").disabled = now >= memory.end;
  drawGrids();
  drawStrip();
  tellCounts();
  tellRanges();
  tellSelection();
}

function goTo(usec) {
  now = Math.max(memory.start, Math.min(memory.end, usec));
  show();
}

// The next or previous slice with changes; without any, the end of time.
function toChange(direction) {
  let i = memory.stepsAt(now) - 1;
  if (direction > 0) i++;
  else if (i >= 0 && memory.steps[i][0] === now) i--;
  while (i >= 0 && i < memory.steps.length && !memory.steps[i][1]) i += direction;
  goTo(i < 0 ? memory.start : i < memory.steps.length ? memory.steps[i][0] : memory.end);
}

function play(start) {
  clearInterval(playing);
  playing = null;
  if (start) {
    if (now >= memory.end) now = memory.start;
    playing = setInterval(() => {
      goTo(now + SPAN / 200);
      if (now >= memory.end) play(false);
    }, 100);
  }
  byId("play").setAttribute("aria-pressed", String(Boolean(playing)));
  byId("play").textContent = playing ? "Pause" : "Play";
}

function selectCell(name, cell) {
  const grid = grids[name];
  grid.select(cell);
  selection = { first: grid.selected * grid.cellPages,
    pages: Math.min(grid.cellPages, grid.pages - grid.selected * grid.cellPages) };
  for (const other of Object.values(grids))
    if (other !== grid && selection.first < other.pages) other.selectPage(selection.first);
    else if (other !== grid) other.hasSelection = false;
  drawGrids();
  tellSelection();
}

// #at=USEC,ADDRESS: a moment and a place, from the links of this page.
function followHash() {
  const match = /^#at=(\d{1,16}),0x([0-9a-f]{1,13})$/.exec(location.hash);
  if (!match) return;
  const page = pageOf(parseInt(match[2], 16)), name = page < LOW_PAGES ? "low" : "all";
  play(false);
  goTo(Number(match[1]));
  if (page < memory.pages) {
    selectCell(name, Math.floor(page / grids[name].cellPages));
  } else {
    selection = null;
    byId("here").replaceChildren(element("p", `0x${match[2]} is outside RAM`));
  }
  byId("here-title").focus({ preventScroll: true });
  byId("here-title").scrollIntoView({ block: "center" });
}

// --- events ---

const MOVES = {
  ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: (grid) => -grid.columns, ArrowDown: (grid) => grid.columns,
  PageUp: (grid) => -8 * grid.columns, PageDown: (grid) => 8 * grid.columns,
  Home: (grid) => -grid.selected, End: (grid) => grid.cells - 1 - grid.selected,
};

for (const [name, grid] of Object.entries(grids)) {
  grid.canvas.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    selectCell(name, grid.hasSelection ? grid.selected + move(grid) : grid.selected);
  });
  grid.canvas.addEventListener("click", (event) => {
    const cell = grid.at(event.offsetX, event.offsetY);
    if (cell >= 0) selectCell(name, cell);
  });
}

slider.addEventListener("input", () => {
  play(false);
  goTo(memory.start + Math.round((Number(slider.value) / 1000) * SPAN));
});
strip.addEventListener("click", (event) => goTo(memory.start + Math.round((event.offsetX / strip.clientWidth) * SPAN)));
byId("play").addEventListener("click", () => play(!playing));
byId("before").addEventListener("click", () => toChange(-1));
byId("after").addEventListener("click", () => toChange(1));
byId("first").addEventListener("click", () => goTo(memory.start));
byId("last").addEventListener("click", () => goTo(memory.end));
byId("ranges").addEventListener("toggle", tellRanges);
window.addEventListener("hashchange", followHash);
window.addEventListener("resize", show);

for (const swatch of document.querySelectorAll(".swatch")) {
  const look = swatch.dataset.look, c = swatch.getContext("2d");
  if (look === "mark") paintMark(c, 9, 4, 12, 12);
  else paint(c, Number(look), 0, 0, swatch.width, swatch.height);
}
show();
byId("cell-size").textContent = `${sizeText(memory.pageSize)} in the first MiB and ` +
  `${sizeText(grids.all.cellPages * memory.pageSize)} below it`;
followHash();
