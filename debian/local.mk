# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian's packaging, so that packages can be built from the tarball. See rules.
EXTRA_DIST += \
	%D%/bochs-sev.docs \
	%D%/bochs-sev.install \
	%D%/bochs-sev.lintian-overrides \
	%D%/changelog \
	%D%/clean \
	%D%/control \
	%D%/copyright \
	%D%/libpspmodel-dev.examples \
	%D%/libpspmodel-dev.install \
	%D%/rules \
	%D%/sevowner.install \
	%D%/source/format \
	%D%/source/lintian-overrides \
	%D%/watch
