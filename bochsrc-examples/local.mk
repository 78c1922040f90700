# SPDX-License-Identifier: LGPL-2.1-or-later
# The examples; the tests run the same files.
noinst_DATA =
include %D%/teaching/local.mk

examplesdir = $(docdir)/examples
dist_examples_SCRIPTS = %D%/demo
dist_examples_DATA = %D%/README.md %D%/TUTORIAL.md %D%/amdsev.bochsrc %D%/direct.bochsrc \
	%D%/ovmf.bochsrc %D%/sev.bochsrc

# Files of the tutorial and the exercises. The reader builds the guests, and so does tests/tutorial.
kitdir         = $(examplesdir)/kit
dist_kit_DATA  = %D%/kit/boot.S %D%/kit/guest.ld %D%/kit/guest.mk %D%/kit/kit.c %D%/kit/kit.h %D%/kit/start.S \
	%D%/kit/rom.S %D%/kit/rom.ld %D%/kit/string.c
tutorialdir    = $(examplesdir)/tutorial
dist_tutorial_DATA = %D%/tutorial/Makefile %D%/tutorial/look.c %D%/tutorial/look.rc %D%/tutorial/mistakes.c %D%/tutorial/vc.c \
	%D%/tutorial/vc.h %D%/tutorial/accept.c %D%/tutorial/gcm.c %D%/tutorial/gcm.h %D%/tutorial/prove.c %D%/tutorial/move.c %D%/tutorial/secret.c
dist_tutorial_SCRIPTS = %D%/tutorial/qmp %D%/tutorial/where
exercisesdir      = $(examplesdir)/exercises
dist_exercises_DATA    = %D%/exercises/README.md
dist_exercises_SCRIPTS = %D%/exercises/grade
exercise1dir      = $(exercisesdir)/1-cpuid
dist_exercise1_DATA = %D%/exercises/1-cpuid/answer.S %D%/exercises/1-cpuid/main.c %D%/exercises/1-cpuid/points
exercise2dir      = $(exercisesdir)/2-page-tables
dist_exercise2_DATA = %D%/exercises/2-page-tables/answer.c %D%/exercises/2-page-tables/main.c \
	%D%/exercises/2-page-tables/points
exercise3dir      = $(exercisesdir)/3-share
dist_exercise3_DATA = %D%/exercises/3-share/answer.c %D%/exercises/3-share/main.c %D%/exercises/3-share/points
exercise4dir      = $(exercisesdir)/4-bug
dist_exercise4_DATA = %D%/exercises/4-bug/answer.c %D%/exercises/4-bug/main.c %D%/exercises/4-bug/points
exercise5dir      = $(exercisesdir)/5-owner
dist_exercise5_DATA = %D%/exercises/5-owner/main.c %D%/exercises/5-owner/points
dist_exercise5_SCRIPTS = %D%/exercises/5-owner/answer.sh
exercise6dir      = $(exercisesdir)/6-vc
dist_exercise6_DATA = %D%/exercises/6-vc/answer.c %D%/exercises/6-vc/main.c %D%/exercises/6-vc/points %D%/exercises/6-vc/vc.h
exercise7dir      = $(exercisesdir)/7-accept
dist_exercise7_DATA = %D%/exercises/7-accept/answer.c %D%/exercises/7-accept/main.c \
	%D%/exercises/7-accept/points %D%/exercises/7-accept/accept.h
exercise8dir      = $(exercisesdir)/8-prove
dist_exercise8_DATA = %D%/exercises/8-prove/points
dist_exercise8_SCRIPTS = %D%/exercises/8-prove/answer.sh
attestdir      = $(examplesdir)/attest
dist_attest_DATA = %D%/attest/report.c
dist_attest_SCRIPTS = %D%/attest/init %D%/attest/make-initrd %D%/attest/relying-party
clouddir       = $(examplesdir)/cloud
dist_cloud_DATA = %D%/cloud/qmp.c
dist_cloud_SCRIPTS = %D%/cloud/guest-init %D%/cloud/init %D%/cloud/make-host %D%/cloud/owner %D%/cloud/serve-owner \
	%D%/cloud/start-guest
cidir          = $(examplesdir)/ci
dist_ci_DATA   = %D%/ci/README.md %D%/ci/github.yml %D%/ci/gitlab.yml
dist_ci_SCRIPTS = %D%/ci/boot-sev-guest %D%/ci/host-check %D%/ci/test-host %D%/ci/tiny-initrd
founddir       = $(examplesdir)/found
dist_found_DATA = %D%/found/README.md %D%/found/debian-ovmf-bounce.txt %D%/found/edk2-ap-vmsa.txt \
	%D%/found/linux-dmi-sysfs.txt %D%/found/linux-no5lvl.txt \
	%D%/found/linux-sev-pin.txt %D%/found/linux-snp-hotplug.txt
gdbdir         = $(examplesdir)/gdb
dist_gdb_SCRIPTS = %D%/gdb/symbol-file
embeddir       = $(examplesdir)/embed
dist_embed_DATA = %D%/embed/embed.c
linuxdir       = $(examplesdir)/linux
dist_linux_DATA = %D%/linux/bare.h %D%/linux/bochsrc %D%/linux/init %D%/linux/isolinux.cfg %D%/linux/mark.c \
	%D%/linux/sci.c %D%/linux/secrets.c %D%/linux/stop.c %D%/linux/ticks.c
dist_linux_SCRIPTS = %D%/linux/make-iso

# ./bootstrap demo runs this.
.PHONY: demo
demo: all
	@$(srcdir)/%D%/demo
