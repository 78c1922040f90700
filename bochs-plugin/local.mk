# SPDX-License-Identifier: LGPL-2.1-or-later
# The plugin: all that knows Bochs.

# --- its C parts, which know no Bochs header and are tested without it ---------------------------
noinst_LTLIBRARIES += libsevplugin.la

libsevplugin_la_SOURCES = \
	%D%/acpi.c \
	%D%/acpi.h \
	%D%/board.c \
	%D%/board.h \
	%D%/bzimage.c \
	%D%/bzimage.h \
	%D%/ctl.c \
	%D%/ctl.h \
	%D%/direct.c \
	%D%/direct.h \
	%D%/finding.c \
	%D%/finding.h \
	%D%/fwcfg.c \
	%D%/fwcfg.h \
	%D%/hv.c \
	%D%/hv.h \
	%D%/map.c \
	%D%/map.h \
	%D%/map_log.c \
	%D%/map_log.h \
	%D%/map_svg.c \
	%D%/map_text.c \
	%D%/opt.c \
	%D%/opt.h \
	%D%/ovmf_table.c \
	%D%/ovmf_table.h \
	%D%/pflash.c \
	%D%/pflash.h \
	%D%/qmp.c \
	%D%/qmp.h \
	%D%/rng.c \
	%D%/rng.h \
	%D%/state.c \
	%D%/state.h \
	%D%/trace.c \
	%D%/trace.h
libsevplugin_la_CPPFLAGS = $(AM_CPPFLAGS) -I%D%
libsevplugin_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libsevplugin_la_LIBADD = $(JANSSON_LIBS)

# The machine's ACPI names, as an array.
BUILT_SOURCES += %D%/dsdt.hex
CLEANFILES    += %D%/dsdt.hex %D%/dsdt.aml
EXTRA_DIST    += %D%/dsdt.asl

%D%/dsdt.hex: %D%/dsdt.asl
	$(AM_V_GEN)$(MKDIR_P) %D% && $(IASL) -p %D%/dsdt -tc $(srcdir)/%D%/dsdt.asl >$@.log 2>&1 && rm -f $@.log || \
		{ cat $@.log; rm -f $@ $@.log; exit 1; }

EXTRA_DIST += $(plugin_sources) %D%/bochs-sev.in %D%/bootrom/bootrom.S %D%/bootrom/mkrom
plugin_sources = \
	%D%/sev.cc \
	%D%/sev.h \
	%D%/sev_board.cc \
	%D%/sev_break.cc \
	%D%/sev_control.cc \
	%D%/sev_cpuid.cc \
	%D%/sev_debug.cc \
	%D%/sev_dump.cc \
	%D%/sev_flash.cc \
	%D%/sev_fwcfg.cc \
	%D%/sev_glue.cc \
	%D%/sev_launch.cc \
	%D%/sev_machine.h \
	%D%/sev_map.cc \
	%D%/sev_memory.cc \
	%D%/sev_options.cc \
	%D%/sev_sanitize.cc \
	%D%/sev_save.cc

dist_man_MANS += %D%/bochs-sev.1 %D%/bochs-sev-run.1 %D%/bochs-sev.5 %D%/bochs-sev.7 %D%/bochs-sev-control.7 %D%/bochs-sev-debug.7 \
	%D%/bochs-sev-map.5 %D%/bochs-sev-sanitizer.7 %D%/bochs-sev-trace.5

# One command that starts a machine; it looks for bochs-sev beside itself.
if WITH_BOCHS
dist_bin_SCRIPTS = %D%/bochs-sev-run
else
EXTRA_DIST += %D%/bochs-sev-run
endif

# --- the report: plain Python and JavaScript files, and the command that runs them ---------------
report_sources = \
	%D%/report/__main__.py \
	%D%/report/memory.js \
	%D%/report/page.css \
	%D%/report/page.js \
	%D%/report/page.py \
	%D%/report/reading.py \
	%D%/report/timeline.py
reportdir        = $(pkgdatadir)/report
dist_report_DATA = $(report_sources)
dist_man_MANS   += %D%/bochs-sev-report.1

bin_SCRIPTS = bochs-sev-report
EXTRA_DIST += %D%/report/bochs-sev-report.in
CLEANFILES += bochs-sev-report report.src

bochs-sev-report: %D%/report/bochs-sev-report.in Makefile
	$(AM_V_at)ln -sfn $(abs_srcdir)/%D%/report report.src
	$(AM_V_GEN)sed -e 's|@reportdir[@]|$(reportdir)|' $(srcdir)/%D%/report/bochs-sev-report.in >$@.tmp && \
		chmod +x $@.tmp && mv $@.tmp $@

# --- the plugin ---------------------------------------------------------------------------------
if WITH_BOCHS
bochsplugin_LTLIBRARIES = libbx_sev.la

libbx_sev_la_SOURCES  = $(plugin_sources)
libbx_sev_la_CPPFLAGS = $(AM_CPPFLAGS) $(BOCHS_CPPFLAGS) -I$(BOCHS_TREE)/iodev
libbx_sev_la_CXXFLAGS = $(SEV_CXXFLAGS) -std=gnu++17
libbx_sev_la_LDFLAGS  = $(AM_LDFLAGS) -module -avoid-version -shared -export-symbols-regex '^libsev_' \
	-Wl,-z,now
libbx_sev_la_LIBADD   = libsevplugin.la libcpuext.la libpspmodel.la

$(libbx_sev_la_OBJECTS): $(BOCHS_STAMP)

# The boot ROM of kernel=, one folder above the plugin both here and installed.
bootromdir     = $(pkglibdir)
bootrom_DATA   = bootrom.rom
CLEANFILES    += bootrom.rom bootrom.bin bootrom.o
bootrom_size   = 2048

bootrom.rom: %D%/bootrom/bootrom.S %D%/bootrom/mkrom Makefile
	$(AM_V_GEN)$(CC) -m32 -DROM_SIZE=$(bootrom_size) -c -o bootrom.o $(srcdir)/%D%/bootrom/bootrom.S && \
		$(LD) -m elf_i386 -Ttext=0 -e 0 --build-id=none --oformat binary -o bootrom.bin bootrom.o && \
		$(SHELL) $(srcdir)/%D%/bootrom/mkrom bootrom.bin $@

# Our Bochs from the build tree, as `bochs-sev` runs it once installed.
noinst_SCRIPTS = bochs-sev
CLEANFILES    += bochs-sev

bochs-sev: %D%/bochs-sev.in Makefile
	$(AM_V_GEN)sed -e 's|@stage[@]|$(BOCHS_STAGE)|' -e 's|@libs[@]|$(abs_builddir)/.libs|' \
		$(srcdir)/%D%/bochs-sev.in >$@.tmp && chmod +x $@.tmp && mv $@.tmp $@
endif
