# SPDX-License-Identifier: LGPL-2.1-or-later
# What a user starts from; the tests run the same files.
noinst_DATA =
include %D%/teaching/local.mk

EXTRA_DIST += %D%/demo %D%/linux/bochsrc

examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/README.md %D%/TUTORIAL.md %D%/direct.bochsrc %D%/sev.bochsrc

# What the tutorial works with; its guests are built by the reader, and by tests/tutorial.
kitdir         = $(examplesdir)/kit
dist_kit_DATA  = %D%/kit/boot.S %D%/kit/guest.ld %D%/kit/guest.mk %D%/kit/kit.c %D%/kit/kit.h %D%/kit/start.S
tutorialdir    = $(examplesdir)/tutorial
dist_tutorial_DATA = %D%/tutorial/Makefile %D%/tutorial/look.c %D%/tutorial/look.rc %D%/tutorial/mistakes.c \
	%D%/tutorial/move.c %D%/tutorial/secret.c
dist_tutorial_SCRIPTS = %D%/tutorial/qmp %D%/tutorial/where
linuxdir       = $(examplesdir)/linux
dist_linux_DATA = %D%/linux/init %D%/linux/isolinux.cfg %D%/linux/stop.c %D%/linux/ticks.c
dist_linux_SCRIPTS = %D%/linux/make-iso

# The demonstration; ./bootstrap demo ends here.
.PHONY: demo
demo: all
	@$(srcdir)/%D%/demo
