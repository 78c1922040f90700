# SPDX-License-Identifier: LGPL-2.1-or-later
# Fuzz targets. `make check` replays seeds and mutations of them; `make fuzz` runs libFuzzer for
# FUZZ_SECONDS each, with clang, ASan and UBSan (findings and corpus: tests/fuzz/run/). `make fuzz-save` then writes what
# reaches code that the seeds do not reach to tests/fuzz/corpus/, as text; both are where the next run starts.
FUZZ_CLANG   = clang
FUZZ_SECONDS = 120
FUZZ_SANITIZE = -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined

fuzz_targets = bzimage cert ctl function fw_machine fwcfg gdb ghcb hv message nv opt ovmf packet pflash psp rmp save_file session trace vmsa
fuzz_seeds = \
	$(srcdir)/tests/fuzz/firmware.txt \
	$(srcdir)/tests/fuzz/function.txt \
	$(srcdir)/tests/fuzz/gdb.txt \
	$(srcdir)/tests/fuzz/ghcb.txt \
	$(srcdir)/tests/fuzz/hv.txt \
	$(srcdir)/tests/fuzz/message.txt \
	$(srcdir)/tests/fuzz/psp.txt \
	$(srcdir)/tests/fuzz/rmp.txt \
	$(srcdir)/tests/fuzz/save_file.txt \
	$(srcdir)/tests/fuzz/seeds.txt \
	$(srcdir)/tests/fuzz/trace.txt \
	$(srcdir)/tests/fuzz/vmsa.txt \
	$(srcdir)/tests/vectors/amd_roots.txt \
	$(srcdir)/tests/vectors/ovmf.txt \
	$(srcdir)/tests/vectors/packet.txt \
	$(srcdir)/tests/vectors/pki.txt
fuzz_libraries = $(addprefix $(srcdir)/bochs-plugin/control/, ctl.c json_read.c qmp_schema.c unix_socket.c) $(srcdir)/bochs-plugin/host/psp_function.c $(srcdir)/bochs-plugin/memory_map.c $(srcdir)/bochs-plugin/opt.c \
	$(addprefix $(srcdir)/bochs-plugin/, rng.c save_file.c saved_machine.c) \
	$(wildcard $(srcdir)/bochs-plugin/hypervisor/*.c) $(addprefix $(srcdir)/cpu-ext/, cpuid.c msr.c rmp.c rmp_save.c rmp_state.c) \
	$(addprefix $(srcdir)/bochs-plugin/firmware/, acpi.c fw_machine.c bzimage.c kernel_boot.c fwcfg.c ovmf_area.c \
		pflash.c smbios.c) \
	$(srcdir)/bochs-plugin/control/qmp.c $(wildcard $(srcdir)/bochs-plugin/gdb/*.c) $(wildcard $(addprefix $(srcdir)/psp-model/, *.c commands/*.c protocol/*.c))

check_PROGRAMS += \
	%D%/replay_fw_machine \
	%D%/replay_bzimage \
	%D%/replay_cert \
	%D%/replay_ctl \
	%D%/replay_function \
	%D%/replay_fwcfg \
	%D%/replay_gdb \
	%D%/replay_ghcb \
	%D%/replay_hv \
	%D%/replay_message \
	%D%/replay_nv \
	%D%/replay_opt \
	%D%/replay_ovmf \
	%D%/replay_packet \
	%D%/replay_pflash \
	%D%/replay_psp \
	%D%/replay_rmp \
	%D%/replay_save_file \
	%D%/replay_session \
	%D%/replay_trace \
	%D%/replay_vmsa

FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
%C%_replay_fw_machine_SOURCES = %D%/fuzz.h %D%/no_memory.h %D%/fuzz_fw_machine.c %D%/replay.c
%C%_replay_fw_machine_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_fw_machine_LDADD = libsevplugin.la libpspmodel.la
%C%_replay_bzimage_SOURCES = %D%/fuzz.h %D%/no_memory.h %D%/fuzz_bzimage.c %D%/replay.c
%C%_replay_bzimage_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_bzimage_LDADD = libsevplugin.la libpspmodel.la
%C%_replay_function_SOURCES = %D%/fuzz.h %D%/fuzz_host.h %D%/fuzz_function.c %D%/replay.c
%C%_replay_function_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_function_LDADD = libsevplugin.la libpspmodel.la
%C%_replay_cert_SOURCES = %D%/fuzz.h %D%/fuzz_cert.c %D%/replay.c
%C%_replay_cert_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_cert_LDADD = libpspmodel.la
%C%_replay_ctl_SOURCES = %D%/fuzz.h %D%/fuzz_ctl.c %D%/replay.c
%C%_replay_ctl_CPPFLAGS = $(FUZZ_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_replay_ctl_LDADD = libsevplugin.la libpspmodel.la
%C%_replay_fwcfg_SOURCES = %D%/fuzz.h %D%/fuzz_fwcfg.c %D%/replay.c
%C%_replay_fwcfg_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_fwcfg_LDADD = libsevplugin.la libpspmodel.la
%C%_replay_gdb_SOURCES = %D%/fuzz.h %D%/fuzz_gdb.c %D%/replay.c
%C%_replay_gdb_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_gdb_LDADD = libsevplugin.la libpspmodel.la
%C%_replay_ghcb_SOURCES = %D%/fuzz.h %D%/fuzz_ghcb.c %D%/replay.c
%C%_replay_ghcb_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_ghcb_LDADD = libhypervisor.la libcpuext.la libpspmodel.la
%C%_replay_hv_SOURCES = %D%/fuzz.h %D%/fuzz_hv.c %D%/replay.c
%C%_replay_hv_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_hv_LDADD = libhypervisor.la libcpuext.la libpspmodel.la
%C%_replay_message_SOURCES = %D%/fuzz.h %D%/fuzz_host.h %D%/fuzz_message.c %D%/replay.c
%C%_replay_message_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_message_LDADD = libpspmodel.la
%C%_replay_opt_SOURCES = %D%/fuzz.h %D%/fuzz_opt.c %D%/replay.c
%C%_replay_opt_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_opt_LDADD = libsevplugin.la libhypervisor.la libcpuext.la libpspmodel.la
%C%_replay_ovmf_SOURCES = %D%/fuzz.h %D%/fuzz_ovmf.c %D%/replay.c
%C%_replay_ovmf_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_ovmf_LDADD = libsevplugin.la libpspmodel.la
%C%_replay_nv_SOURCES = %D%/fuzz.h %D%/fuzz_nv.c %D%/replay.c
%C%_replay_nv_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_nv_LDADD = libpspmodel.la
%C%_replay_packet_SOURCES = %D%/fuzz.h %D%/fuzz_packet.c %D%/replay.c
%C%_replay_packet_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_packet_LDADD = libpspmodel.la
%C%_replay_pflash_SOURCES = %D%/fuzz.h %D%/fuzz_pflash.c %D%/replay.c
%C%_replay_pflash_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_pflash_LDADD = libsevplugin.la libpspmodel.la
%C%_replay_psp_SOURCES = %D%/fuzz.h %D%/fuzz_host.h %D%/fuzz_psp.c %D%/replay.c
%C%_replay_psp_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_psp_LDADD = libpspmodel.la
%C%_replay_rmp_SOURCES = %D%/fuzz.h %D%/fuzz_rmp.c %D%/replay.c
%C%_replay_rmp_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_rmp_LDADD = libcpuext.la
%C%_replay_save_file_SOURCES = %D%/fuzz.h %D%/fuzz_host.h %D%/fuzz_save_file.c %D%/replay.c
%C%_replay_save_file_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_save_file_LDADD = libsevplugin.la libhypervisor.la libcpuext.la libpspmodel.la
%C%_replay_session_SOURCES = %D%/fuzz.h %D%/fuzz_session.c %D%/replay.c
%C%_replay_session_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_session_LDADD = libpspmodel.la
%C%_replay_trace_SOURCES = %D%/fuzz.h %D%/fuzz_trace.c %D%/replay.c psp-model/tools/launched.c
%C%_replay_trace_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(srcdir)/psp-model/tools $(JANSSON_CFLAGS)
%C%_replay_trace_LDADD = libpspmodel.la $(JANSSON_LIBS)

%C%_replay_vmsa_SOURCES = %D%/fuzz.h %D%/fuzz_vmsa.c %D%/replay.c
%C%_replay_vmsa_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_replay_vmsa_LDADD = libpspmodel.la

long_tests += %D%/replay.tap
EXTRA_DIST += %D%/firmware.txt %D%/function.txt %D%/gdb.txt %D%/ghcb.txt %D%/hv.txt %D%/message.txt %D%/psp.txt %D%/rmp.txt %D%/save_file.txt %D%/psp_seeds.py %D%/replay.tap %D%/save %D%/seeds.txt %D%/trace.txt %D%/vmsa.txt \
	$(fuzz_targets:%=%D%/corpus/%.txt)

.PHONY: fuzz
fuzz: $(check_PROGRAMS)
	@for t in $(fuzz_targets); do \
		dir=%D%/run/$$t; mkdir -p $$dir/corpus || exit 1; \
		extra=; [ $$t != trace ] || extra=$(srcdir)/psp-model/tools/launched.c; \
		%D%/replay_$$t --dump $$dir/corpus $(fuzz_seeds) $(srcdir)/%D%/corpus/$$t.txt || exit 1; \
		$(FUZZ_CLANG) -g -O1 -std=gnu11 -D_GNU_SOURCE $(FUZZ_SANITIZE) $(FUZZ_CPPFLAGS) \
			-I$(srcdir)/psp-model/tools -Ibochs-plugin/firmware $(GCRYPT_CFLAGS) \
			-o $$dir/fuzz $(srcdir)/%D%/fuzz_$$t.c $$extra $(fuzz_libraries) $(GCRYPT_LIBS) \
			$(GPGERROR_LIBS) $(JANSSON_LIBS) || exit 1; \
		echo "fuzz $$t"; \
		$$dir/fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=12000 -len_control=0 -print_final_stats=1 \
			-artifact_prefix=$$dir/ $$dir/corpus >$$dir/log 2>&1 || \
			{ tail -n 40 $$dir/log; exit 1; }; \
		grep -aE 'number_of_executed|^#.*DONE' $$dir/log; \
	done

.PHONY: fuzz-save
fuzz-save:
	@for t in $(fuzz_targets); do \
		$(srcdir)/%D%/save %D%/run/$$t %D%/replay_$$t $(srcdir)/%D%/corpus/$$t.txt $(fuzz_seeds) || exit 1; \
	done

mostlyclean-local: clean-fuzz
.PHONY: clean-fuzz
clean-fuzz:
	rm -rf %D%/run
