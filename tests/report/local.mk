# SPDX-License-Identifier: LGPL-2.1-or-later
# bochs-sev-report: the file that it makes, the same in a browser, and the picture of the same run.
report_tests = \
	%D%/browser.tap \
	%D%/pictures.tap \
	%D%/report.tap
EXTRA_DIST += $(report_tests) %D%/chromium.py %D%/run.py
TESTS += $(report_tests)

check_PROGRAMS += %D%/random_run
%C%_random_run_CPPFLAGS = $(AM_CPPFLAGS)
%C%_random_run_LDADD = libsevplugin.la

clean-local: clean-report
clean-report:
	-rm -rf %D%/run-*
.PHONY: clean-report
