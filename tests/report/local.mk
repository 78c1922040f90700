# SPDX-License-Identifier: LGPL-2.1-or-later
# bochs-sev-report: the file that it makes, and the same in a browser.
report_tests = \
	%D%/browser.tap \
	%D%/report.tap
EXTRA_DIST += $(report_tests) %D%/chromium.py %D%/run.py
TESTS += $(report_tests)

clean-local: clean-report
clean-report:
	-rm -rf %D%/run-*
.PHONY: clean-report
