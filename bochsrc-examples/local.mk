# SPDX-License-Identifier: LGPL-2.1-or-later
# What a user starts from; the tests run the same files.
noinst_DATA =
include %D%/teaching/local.mk

EXTRA_DIST += %D%/demo %D%/linux/bochsrc

examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/README.md %D%/direct.bochsrc %D%/sev.bochsrc

# The demonstration; ./bootstrap demo ends here.
.PHONY: demo
demo: all
	@$(srcdir)/%D%/demo
