# SPDX-License-Identifier: LGPL-2.1-or-later
# Other people's tools on what this project makes.
interop_tests = \
	%D%/control.tap \
	%D%/validate.tap
EXTRA_DIST += $(interop_tests)

if WITH_BOCHS
TESTS += $(interop_tests)
endif
