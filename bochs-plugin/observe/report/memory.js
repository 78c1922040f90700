// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Guest memory at any time of a run, and how it is drawn. Independent of the page around it.
"use strict";

// looks.py puts looks.def before this script: the numbers TIMELINE_PRIVATE and so on, LOOKS, cellRule().
const USES = LOOKS.slice(0, TIMELINE_PARTLY_SHARED); // of a page; the last look is one of a cell

// The use of every page at a time.
class Memory {
  constructor(map) {
    this.pages = map.pages;
    this.pageSize = map.pageSize;
    this.start = map.start;
    this.end = map.end;
    this.steps = map.steps;
    this.use = new Uint8Array(map.pages);
    this.applied = 0; // steps that this.use holds
  }

  // How many steps there are up to a time.
  stepsAt(usec) {
    let low = 0, high = this.steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle][0] <= usec) low = middle + 1; else high = middle;
    }
    return low;
  }

  goTo(usec) {
    const wanted = this.stepsAt(usec);
    if (wanted < this.applied) { // steps cannot be undone
      this.use.fill(TIMELINE_UNTOUCHED);
      this.applied = 0;
    }
    for (; this.applied < wanted; this.applied++) {
      const step = this.steps[this.applied];
      for (let i = 2; i < step.length; i += 3) this.use.fill(step[i], step[i + 1], step[i + 1] + step[i + 2]);
    }
  }

  // Pages of each use in [first, first + n).
  count(first, n) {
    const counts = new Array(USES.length).fill(0);
    const end = Math.min(first + n, this.pages);
    for (let page = first; page < end; page++) counts[this.use[page]]++;
    return counts;
  }

  changes() {
    let n = 0;
    for (let i = 0; i < this.applied; i++) n += this.steps[i][1];
    return n;
  }

  // Runs of pages that are shared or mapped shared, at most `most` of them.
  sharedRanges(most) {
    const ranges = [];
    for (let page = 0; page < this.pages && ranges.length < most;) {
      const use = this.use[page], first = page;
      while (page < this.pages && this.use[page] === use) page++;
      if (use === TIMELINE_SHARED || use === TIMELINE_DECLARED) ranges.push({ first, pages: page - first, use });
    }
    return ranges;
  }
}

function lookOf(pages) {
  return cellRule(pages, pages.reduce((sum, n) => sum + n, 0));
}

// --- looks ---

const SIZE = 8; // pixels of a pattern

function pattern(look) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = SIZE;
  const c = tile.getContext("2d");
  c.fillStyle = LOOKS[look].fill;
  c.fillRect(0, 0, SIZE, SIZE);
  c.strokeStyle = LOOKS[look].stroke;
  c.lineWidth = LOOKS[look].width || 1; // 0 is no width to a canvas, and there is no path then
  c.stroke(new Path2D(LOOKS[look].path));
  return tile;
}

const tiles = {};
function paint(c, look, x, y, w, h) {
  tiles[look] = tiles[look] || pattern(look);
  c.fillStyle = c.createPattern(tiles[look], "repeat");
  c.fillRect(x, y, w, h);
}

function paintMark(c, x, y, w, h) {
  c.fillStyle = "#ffffff";
  c.fillRect(x, y, w, h);
  c.strokeStyle = "#000000";
  c.lineWidth = 1.5;
  c.strokeRect(x + 0.75, y + 0.75, w - 1.5, h - 1.5);
  c.beginPath();
  c.moveTo(x + 2, y + 2);
  c.lineTo(x + w - 2, y + h - 2);
  c.moveTo(x + w - 2, y + 2);
  c.lineTo(x + 2, y + h - 2);
  c.stroke();
}

// A canvas as sharp as the screen, measured in CSS pixels.
function sharp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const c = canvas.getContext("2d");
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  return c;
}

function sizeText(bytes) {
  for (const [unit, n] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]])
    if (bytes >= n) return `${+(bytes / n).toPrecision(4)} ${unit}`;
  return `${bytes} bytes`;
}

// A part of memory as cells in rows, with a cell that is selected.
class Grid {
  // `wide` columns where there is room for them, else half as many.
  constructor(canvas, memory, pages, wide, mostRows) {
    this.canvas = canvas;
    this.memory = memory;
    this.pages = pages;
    this.wide = wide;
    this.mostRows = mostRows;
    this.selected = 0;
    this.hasSelection = false;
  }

  layOut() {
    const width = this.canvas.clientWidth;
    this.gutter = 68;
    this.columns = width >= 420 ? this.wide : this.wide / 2;
    this.cell = Math.max(4, Math.floor((width - this.gutter) / this.columns));
    this.cellPages = 1;
    while (this.pages / this.cellPages > this.columns * this.mostRows) this.cellPages *= 2;
    this.cells = Math.ceil(this.pages / this.cellPages);
    this.rows = Math.ceil(this.cells / this.columns);
    this.selected = Math.min(this.selected, this.cells - 1);
  }

  box(cell) {
    return [this.gutter + (cell % this.columns) * this.cell, Math.floor(cell / this.columns) * this.cell];
  }

  // `marked` holds the pages with findings.
  draw(marked) {
    this.layOut();
    const c = sharp(this.canvas, this.canvas.clientWidth, this.rows * this.cell + 2);
    const marks = new Set(marked.map((page) => Math.floor(page / this.cellPages)));
    c.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (let cell = 0; cell < this.cells; cell++) {
      const [x, y] = this.box(cell);
      paint(c, lookOf(this.memory.count(cell * this.cellPages, this.cellPages)), x, y, this.cell, this.cell);
      if (marks.has(cell)) paintMark(c, x, y, this.cell, this.cell);
    }
    this.frame(c);
  }

  frame(c) {
    c.strokeStyle = "#000000";
    c.lineWidth = 1;
    c.strokeRect(this.gutter - 0.5, 0.5, this.columns * this.cell + 1, this.rows * this.cell);
    c.fillStyle = "#1a1a1a";
    c.font = "11px system-ui, sans-serif";
    c.textAlign = "right";
    const every = Math.max(1, Math.ceil(12 / this.cell), Math.ceil(this.rows / 8));
    for (let row = 0; row < this.rows; row += every)
      c.fillText(sizeText(row * this.columns * this.cellPages * this.memory.pageSize).replace("0 bytes", "address 0"),
        this.gutter - 5, Math.min(row * this.cell + 10, this.rows * this.cell));
    if (!this.hasSelection) return;
    const [x, y] = this.box(this.selected);
    c.strokeStyle = "#ffffff";
    c.lineWidth = 5;
    c.strokeRect(x - 1, y - 1, this.cell + 2, this.cell + 2);
    c.strokeStyle = "#000000";
    c.lineWidth = 2.5;
    c.strokeRect(x - 1, y - 1, this.cell + 2, this.cell + 2);
  }

  select(cell) {
    this.selected = Math.max(0, Math.min(cell, this.cells - 1));
    this.hasSelection = true;
  }

  selectPage(page) {
    this.select(Math.floor(page / this.cellPages));
  }

  // The cell under a point of the canvas, or -1.
  at(x, y) {
    const column = Math.floor((x - this.gutter) / this.cell), row = Math.floor(y / this.cell);
    const cell = row * this.columns + column;
    return column >= 0 && column < this.columns && row >= 0 && cell < this.cells ? cell : -1;
  }
}
