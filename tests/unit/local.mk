# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit tests of the C libraries (cmocka, TAP). One group a program: test_x.c makes test_x.
# A new one is a name in unit_tests and its two lines below (a _SOURCES line only if it has more
# than its own file).
unit_tests = \
	%D%/test_abi \
	%D%/test_acpi \
	%D%/test_fw_machine \
	%D%/test_buf \
	%D%/test_cert \
	%D%/test_commands \
	%D%/test_conversions \
	%D%/test_crypto \
	%D%/test_ctl \
	%D%/test_debug \
	%D%/test_kernel_boot \
	%D%/test_dispatch \
	%D%/test_es_exit \
	%D%/test_es_lies \
	%D%/test_es_page \
	%D%/test_es_save \
	%D%/test_es_vcpu \
	%D%/test_exit_log \
	%D%/test_failing \
	%D%/test_finding \
	%D%/test_failing_cmd \
	%D%/test_fwcfg \
	%D%/test_gdb \
	%D%/test_symbols \
	%D%/test_ghcb \
	%D%/test_guest \
	%D%/test_hv \
	%D%/test_hv_policy \
	%D%/test_hv_snp \
	%D%/test_intercepts \
	%D%/test_identity \
	%D%/test_json_read \
	%D%/test_kdf \
	%D%/test_kds \
	%D%/test_launch \
	%D%/test_mailbox \
	%D%/test_measure \
	%D%/test_memory_map \
	%D%/test_migrate \
	%D%/test_nv \
	%D%/test_opt \
	%D%/test_ovmf_table \
	%D%/test_output_file \
	%D%/test_packet \
	%D%/test_pflash \
	%D%/test_pki \
	%D%/test_platform \
	%D%/test_report \
	%D%/test_save \
	%D%/test_saved_host \
	%D%/test_saved_machine \
	%D%/test_session \
	%D%/test_smbios \
	%D%/test_snp_exit \
	%D%/test_snp_lies \
	%D%/test_snp_memory \
	%D%/test_snp_save \
	%D%/test_snp \
	%D%/test_snp_id \
	%D%/test_snp_report \
	%D%/test_snp_request \
	%D%/test_snp_attest \
	%D%/test_snp_key \
	%D%/test_snp_pages \
	%D%/test_snp_table \
	%D%/test_soak \
	%D%/test_start \
	%D%/test_storage \
	%D%/test_text \
	%D%/test_vmsa \
	%D%/test_x509 \
	%D%/test_nv_file

%C%_test_abi_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_abi_LDADD = $(UNIT_LDADD)
%C%_test_acpi_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_acpi_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_fw_machine_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_fw_machine_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_buf_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_buf_LDADD = $(UNIT_LDADD)
%C%_test_cert_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_cert_LDADD = $(UNIT_LDADD)
%C%_test_commands_CPPFLAGS = $(UNIT_CPPFLAGS) \
	-DCOMMANDS_MD='"$(abs_srcdir)/psp-model/COMMANDS.md"'
%C%_test_commands_LDADD = $(UNIT_LDADD)
%C%_test_conversions_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_conversions_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_crypto_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_crypto_LDADD = $(UNIT_LDADD)
%C%_test_ctl_CPPFLAGS = $(UNIT_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_test_ctl_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_ctl_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=calloc -Wl,--wrap=listen
%C%_test_symbols_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_symbols_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_gdb_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_gdb_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_debug_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_debug_LDADD = $(UNIT_LDADD)
%C%_test_kernel_boot_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_kernel_boot_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_dispatch_CPPFLAGS = $(UNIT_CPPFLAGS) -DPACKAGE_VERSION='"$(PACKAGE_VERSION)"'
%D%/test_dispatch-test_dispatch.$(OBJEXT): config.h
%C%_test_dispatch_LDADD = $(UNIT_LDADD)
%C%_test_exit_log_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_exit_log_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_failing_CPPFLAGS = $(UNIT_CPPFLAGS) $(GCRYPT_CFLAGS)
%C%_test_failing_LDADD = $(UNIT_LDADD)
%C%_test_failing_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=gcry_md_open \
	-Wl,--wrap=gcry_md_copy \
	-Wl,--wrap=gcry_mac_open \
	-Wl,--wrap=gcry_mac_setkey \
	-Wl,--wrap=gcry_mac_write \
	-Wl,--wrap=gcry_mac_read \
	-Wl,--wrap=gcry_cipher_open \
	-Wl,--wrap=gcry_cipher_setkey \
	-Wl,--wrap=gcry_cipher_setctr \
	-Wl,--wrap=gcry_cipher_encrypt \
	-Wl,--wrap=gcry_mpi_scan \
	-Wl,--wrap=gcry_mpi_print \
	-Wl,--wrap=gcry_mpi_ec_new \
	-Wl,--wrap=gcry_pk_sign \
	-Wl,--wrap=gcry_pk_verify
%C%_test_finding_CPPFLAGS = $(UNIT_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_test_finding_LDADD = libsevplugin.la libcpuext.la $(UNIT_LDADD) $(JANSSON_LIBS)
%C%_test_failing_cmd_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_failing_cmd_LDADD = $(UNIT_LDADD)
%C%_test_failing_cmd_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=crypto_sha256_new \
	-Wl,--wrap=crypto_sha256_copy \
	-Wl,--wrap=crypto_sha256_peek \
	-Wl,--wrap=crypto_hmac_sha256 \
	-Wl,--wrap=crypto_p384_from_seed \
	-Wl,--wrap=crypto_p384_from_private \
	-Wl,--wrap=crypto_p384_check \
	-Wl,--wrap=crypto_p384_ecdh \
	-Wl,--wrap=crypto_p384_sign \
	-Wl,--wrap=crypto_p384_verify \
	-Wl,--wrap=crypto_rsa_pss_sign \
	-Wl,--wrap=crypto_rsa_pss_verify
%C%_test_fwcfg_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_fwcfg_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_es_exit_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_es_exit_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_es_lies_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_es_lies_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_es_page_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_es_page_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_es_save_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_es_save_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_es_vcpu_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_es_vcpu_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_ghcb_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_ghcb_LDADD = $(UNIT_LDADD)
%C%_test_guest_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_guest_LDADD = $(UNIT_LDADD)
%C%_test_intercepts_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_intercepts_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_hv_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_hv_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_hv_snp_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_hv_snp_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_hv_policy_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_hv_policy_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_snp_memory_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_memory_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_snp_save_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_save_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_snp_exit_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_exit_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_snp_lies_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_lies_LDADD = libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_identity_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_identity_LDADD = $(UNIT_LDADD)
%C%_test_json_read_CPPFLAGS = $(UNIT_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_test_json_read_LDADD = libsevplugin.la $(UNIT_LDADD) $(JANSSON_LIBS)
%C%_test_kdf_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_kdf_LDADD = $(UNIT_LDADD)
%C%_test_launch_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_launch_LDADD = $(UNIT_LDADD)
%C%_test_mailbox_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_mailbox_LDADD = $(UNIT_LDADD)
%C%_test_measure_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_measure_LDADD = $(UNIT_LDADD)
%C%_test_memory_map_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_memory_map_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_migrate_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_migrate_LDADD = $(UNIT_LDADD)
%C%_test_nv_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_nv_LDADD = $(UNIT_LDADD)
%C%_test_opt_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_opt_LDADD = libsevplugin.la libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_ovmf_table_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_ovmf_table_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_output_file_CPPFLAGS = $(UNIT_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_test_output_file_LDADD = libsevplugin.la libcpuext.la $(UNIT_LDADD) $(JANSSON_LIBS)
%C%_test_packet_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_packet_LDADD = $(UNIT_LDADD)
%C%_test_pflash_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_pflash_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_pki_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_pki_LDADD = $(UNIT_LDADD)
%C%_test_platform_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_platform_LDADD = $(UNIT_LDADD)
%C%_test_report_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_report_LDADD = $(UNIT_LDADD)
%C%_test_save_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_save_LDADD = $(UNIT_LDADD)
%C%_test_vmsa_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_vmsa_LDADD = $(UNIT_LDADD)
%C%_test_kds_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_kds_LDADD = $(UNIT_LDADD)
%C%_test_x509_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_x509_LDADD = $(UNIT_LDADD)
%C%_test_text_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_text_LDADD = $(UNIT_LDADD)
%C%_test_saved_host_SOURCES = %D%/test_saved_host.c %D%/saved.c %D%/saved.h
%C%_test_saved_host_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_saved_host_LDADD = libsevplugin.la libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_saved_machine_SOURCES = %D%/test_saved_machine.c %D%/saved.c %D%/saved.h
%C%_test_saved_machine_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_saved_machine_LDADD = libsevplugin.la libhypervisor.la libcpuext.la $(UNIT_LDADD)
%C%_test_session_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_session_LDADD = $(UNIT_LDADD)
%C%_test_smbios_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_smbios_LDADD = libsevplugin.la $(UNIT_LDADD)
%C%_test_snp_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_LDADD = $(UNIT_LDADD)
%C%_test_snp_request_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_request_LDADD = $(UNIT_LDADD)
%C%_test_snp_key_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_key_LDADD = $(UNIT_LDADD)
%C%_test_snp_attest_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_attest_LDADD = $(UNIT_LDADD)
%C%_test_snp_report_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_report_LDADD = $(UNIT_LDADD)
%C%_test_snp_id_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_id_LDADD = $(UNIT_LDADD)
%C%_test_snp_table_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_table_LDADD = $(UNIT_LDADD)
%C%_test_snp_pages_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_snp_pages_LDADD = $(UNIT_LDADD)
%C%_test_soak_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_soak_LDADD = $(UNIT_LDADD)
%C%_test_start_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_start_LDADD = $(UNIT_LDADD)
%C%_test_storage_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_storage_LDADD = $(UNIT_LDADD)
%C%_test_nv_file_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_nv_file_LDADD = libsevplugin.la $(UNIT_LDADD)

# Those of cpu-ext.
unit_tests += \
	%D%/test_cbit \
	%D%/test_cpuid \
	%D%/test_mee \
	%D%/test_msr \
	%D%/test_sanitize \
	%D%/test_sanitize_random \
	%D%/test_sanitize_snp \
	%D%/test_pages \
	%D%/test_pages_random \
	%D%/test_rmp \
	%D%/test_rmp_random \
	%D%/test_rmp_save \
	%D%/test_walk

%C%_test_cbit_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_cbit_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_cpuid_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_cpuid_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_mee_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_mee_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_msr_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_msr_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_sanitize_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_sanitize_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_sanitize_snp_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_sanitize_snp_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_sanitize_random_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_sanitize_random_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_pages_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_pages_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_pages_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mee_encrypt -Wl,--wrap=mee_decrypt
%C%_test_pages_random_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_pages_random_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_rmp_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_rmp_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_rmp_random_SOURCES = %D%/rmp_model.h %D%/rmp_model.c %D%/test_rmp_random.c
%C%_test_rmp_random_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_rmp_random_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_rmp_save_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_rmp_save_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_walk_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_walk_LDADD = libcpuext.la $(UNIT_LDADD)

# The RMP's pages.
unit_tests += %D%/test_rmp_history %D%/test_page_states
%C%_test_page_states_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_page_states_LDADD = libcpuext.la $(UNIT_LDADD)
%C%_test_rmp_history_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_rmp_history_LDADD = libsevplugin.la libcpuext.la $(UNIT_LDADD)

# The secure processor on the PCI bus.
unit_tests += %D%/test_psp_function
%C%_test_psp_function_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_psp_function_LDADD = libsevplugin.la $(UNIT_LDADD)

# The page-state timeline.
unit_tests += %D%/test_timeline
%C%_test_timeline_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_timeline_LDADD = libsevplugin.la $(UNIT_LDADD)
unit_tests += %D%/test_timeline_log
%C%_test_timeline_log_CPPFLAGS = $(UNIT_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_test_timeline_log_LDADD = libsevplugin.la $(UNIT_LDADD) $(JANSSON_LIBS)

UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D% $(CMOCKA_CFLAGS) \
	-DTEST_VECTORS='"$(abs_srcdir)/tests/vectors"'
UNIT_LDADD = %D%/libunit.la libpspmodel.la $(CMOCKA_LIBS)

if HAVE_CMOCKA
check_LTLIBRARIES += %D%/libunit.la
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

%C%_libunit_la_SOURCES = \
	%D%/counter_random.h \
	%D%/es_machine.h \
	%D%/snp_exit.h \
	%D%/snp_machine.h \
	%D%/es_request.h \
	%D%/firmware_reader.h \
	%D%/pc_memory.h \
	%D%/fixture.c %D%/fixture.h \
	%D%/harness.c %D%/harness.h \
	%D%/one_processor.h \
	%D%/snp_messages.h \
	%D%/snp_steps.h \
	%D%/unit.h \
	%D%/vectors.c %D%/vectors.h
%C%_libunit_la_CPPFLAGS = $(UNIT_CPPFLAGS)
