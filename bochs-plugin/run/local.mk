# SPDX-License-Identifier: LGPL-2.1-or-later
# bochs-sev-run, one command that starts a machine: Python files as they are, and the command that runs them.
run_files = \
	%D%/bochsrc.py \
	%D%/console.py \
	%D%/debugger.py \
	%D%/errors.py \
	%D%/files.py \
	%D%/firmware.py \
	%D%/launcher.py \
	%D%/locks.py \
	%D%/machine.py \
	%D%/monitor.py \
	%D%/options.py \
	%D%/process.py \
	%D%/progress.py \
	%D%/values.py
EXTRA_DIST += %D%/bochs-sev-run.in

if WITH_BOCHS
rundir         = $(pkgdatadir)/run
dist_run_DATA  = $(run_files)
bin_SCRIPTS   += bochs-sev-run
CLEANFILES    += bochs-sev-run run.src

# It looks for bochs-sev beside itself. In the build directory it runs the source.
bochs-sev-run: %D%/bochs-sev-run.in Makefile
	$(AM_V_at)ln -sfn $(abs_srcdir)/%D% run.src
	$(AM_V_GEN)sed -e 's|@rundir[@]|$(rundir)|' -e 's|@bootrom[@]|$(bootromdir)/bootrom.rom|' \
		-e 's|@version[@]|$(PACKAGE_VERSION)|' \
		$(srcdir)/%D%/bochs-sev-run.in >$@.tmp && chmod +x $@.tmp && mv $@.tmp $@
else
EXTRA_DIST += $(run_files)
endif
