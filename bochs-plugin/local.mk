# SPDX-License-Identifier: LGPL-2.1-or-later
# The plugin: the machine, and its parts in firmware/, hypervisor/, host/, control/, gdb/ and observe/.

# --- its C files, which include no header of Bochs and are tested without it ---------------------------
noinst_LTLIBRARIES += libsevplugin.la

libsevplugin_la_SOURCES = \
	%D%/memory_map.c %D%/memory_map.h \
	%D%/opt.c %D%/opt.h %D%/opt_table.h \
	%D%/rng.c %D%/rng.h \
	%D%/nv_file.c %D%/nv_file.h \
	%D%/save_file.c %D%/save_file.h \
	%D%/saved_machine.c %D%/saved_machine.h
libsevplugin_la_CPPFLAGS = $(AM_CPPFLAGS)
libsevplugin_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libsevplugin_la_LIBADD = $(JANSSON_LIBS)

# --- what includes Bochs's headers ---------------------------------------------------------------
plugin_sources = \
	%D%/sev.cc \
	%D%/sev_cpuid.cc %D%/sev_cpuid.h \
	%D%/sev_device_memory.cc %D%/sev_device_memory.h \
	%D%/sev_es.cc %D%/sev_es.h \
	%D%/sev_certs.cc %D%/sev_certs.h \
	%D%/sev_hv.cc %D%/sev_hv.h \
	%D%/sev_hooks.cc %D%/sev_hook_table.h \
	%D%/sev_launch.cc %D%/sev_launch.h \
	%D%/sev_log.h \
	%D%/sev_machine.cc %D%/sev_machine.h \
	%D%/sev_memory.cc %D%/sev_memory.h %D%/sev_memory_priv.h \
	%D%/sev_memory_save.cc \
	%D%/sev_memory_map.cc %D%/sev_memory_map.h \
	%D%/sev_psp_host.cc %D%/sev_psp_host.h \
	%D%/sev_options.cc %D%/sev_options.h \
	%D%/sev_save.cc %D%/sev_save.h \
	%D%/sev_snp.cc %D%/sev_snp.h \
	%D%/sev_vmsa.cc %D%/sev_vmsa.h

include %D%/firmware/local.mk
include %D%/hypervisor/local.mk
include %D%/host/local.mk
include %D%/control/local.mk
include %D%/gdb/local.mk
include %D%/observe/local.mk
include %D%/run/local.mk

dist_man_MANS += \
	%D%/man/bochs-sev.1 \
	%D%/man/bochs-sev.5 \
	%D%/man/bochs-sev.7 \
	%D%/man/bochs-sev-control.7 \
	%D%/man/bochs-sev-debug.7 \
	%D%/man/bochs-sev-exits.5 \
	%D%/man/bochs-sev-map.5 \
	%D%/man/bochs-sev-report.1 \
	%D%/man/bochs-sev-run.1 \
	%D%/man/bochs-sev-sanitizer.7 \
	%D%/man/bochs-sev-trace.5

EXTRA_DIST += $(plugin_sources) %D%/bochs-sev.in

# --- the plugin ---------------------------------------------------------------------------------
if WITH_BOCHS
bochsplugin_LTLIBRARIES = libbx_sev.la

libbx_sev_la_SOURCES  = $(plugin_sources)
libbx_sev_la_CPPFLAGS = $(AM_CPPFLAGS) $(BOCHS_CPPFLAGS) -I$(BOCHS_TREE)/iodev
libbx_sev_la_CXXFLAGS = $(SEV_CXXFLAGS) -std=gnu++17
libbx_sev_la_LDFLAGS  = $(AM_LDFLAGS) -module -avoid-version -shared -export-symbols-regex '^libsev_' \
	-Wl,-z,now
libbx_sev_la_LIBADD   = libsevplugin.la libhypervisor.la libcpuext.la libpspmodel.la

$(libbx_sev_la_OBJECTS): $(BOCHS_STAMP)

# Our Bochs from the build tree, as `bochs-sev` runs it once installed.
noinst_SCRIPTS = bochs-sev
CLEANFILES    += bochs-sev

bochs-sev: %D%/bochs-sev.in Makefile
	$(AM_V_GEN)sed -e 's|@stage[@]|$(BOCHS_STAGE)|' -e 's|@libs[@]|$(abs_builddir)/.libs|' \
		$(srcdir)/%D%/bochs-sev.in >$@.tmp && chmod +x $@.tmp && mv $@.tmp $@
endif
