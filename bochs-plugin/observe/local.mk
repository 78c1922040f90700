# SPDX-License-Identifier: LGPL-2.1-or-later
# Observers: PSP command log, page-state timeline, sanitizer findings, debugger, HTML report.
libsevplugin_la_SOURCES += \
	%D%/conversions.c %D%/conversions.h \
	%D%/exit_log.c %D%/exit_log.h \
	%D%/finding.c %D%/finding.h \
	%D%/output_file.c %D%/output_file.h \
	%D%/rmp_history.c %D%/rmp_history.h \
	%D%/symbols.c %D%/symbols.h \
	%D%/timeline.c %D%/timeline.h \
	%D%/timeline_log.c %D%/timeline_log.h \
	%D%/timeline_svg.c \
	%D%/timeline_text.c \
	%D%/command_log.c %D%/command_log.h

plugin_sources += \
	%D%/sev_break.cc \
	%D%/sev_console.cc \
	%D%/sev_conversions.cc \
	%D%/sev_debug.cc \
	%D%/sev_dump.cc \
	%D%/sev_es_debug.cc \
	%D%/sev_output.cc \
	%D%/sev_rmp.cc \
	%D%/sev_timeline.cc \
	%D%/sev_observe.h \
	%D%/sev_sanitize.cc \
	%D%/sev_walk.cc

# The HTML report: Python and JavaScript files as they are, and the command that runs them.
reportdir        = $(pkgdatadir)/report
dist_report_DATA = \
	%D%/report/__main__.py \
	%D%/report/exits.py \
	%D%/report/looks.def \
	%D%/report/looks.py \
	%D%/report/memory.js \
	%D%/report/page.css \
	%D%/report/page.js \
	%D%/report/page.py \
	%D%/report/reading.py \
	%D%/report/timeline.py

bin_SCRIPTS = bochs-sev-report
EXTRA_DIST += %D%/report/bochs-sev-report.in
CLEANFILES += bochs-sev-report report.src

bochs-sev-report: %D%/report/bochs-sev-report.in Makefile
	$(AM_V_at)ln -sfn $(abs_srcdir)/%D%/report report.src
	$(AM_V_GEN)sed -e 's|@reportdir[@]|$(reportdir)|' $(srcdir)/%D%/report/bochs-sev-report.in >$@.tmp && \
		chmod +x $@.tmp && mv $@.tmp $@
