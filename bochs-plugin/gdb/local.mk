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
