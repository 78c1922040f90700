# SPDX-License-Identifier: LGPL-2.1-or-later
# The control socket.
libsevplugin_la_SOURCES += \
	%D%/ctl.c %D%/ctl.h \
	%D%/json_read.c %D%/json_read.h \
	%D%/qmp.c %D%/qmp.h \
	%D%/qmp_schema.c %D%/qmp_schema.h \
	%D%/unix_socket.c %D%/unix_socket.h

plugin_sources += \
	%D%/sev_control.cc \
	%D%/sev_control.h
