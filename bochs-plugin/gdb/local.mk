# SPDX-License-Identifier: LGPL-2.1-or-later
# The gdb server.
libsevplugin_la_SOURCES += \
	%D%/gdb_link.c %D%/gdb_link.h \
	%D%/gdb_query.c \
	%D%/gdb_registers.c %D%/gdb_registers.h \
	%D%/gdb_reply.c %D%/gdb_reply.h \
	%D%/gdb_resume.c \
	%D%/gdb_server.c %D%/gdb_server.h \
	%D%/gdb_socket.c %D%/gdb_socket.h

plugin_sources += \
	%D%/sev_gdb.cc %D%/sev_gdb.h \
	%D%/sev_gdb_memory.cc \
	%D%/sev_gdb_points.cc \
	%D%/sev_gdb_priv.h \
	%D%/sev_gdb_registers.cc
