# SPDX-License-Identifier: LGPL-2.1-or-later
# The control socket.
libsevplugin_la_SOURCES += \
	%D%/ctl.c %D%/ctl.h \
	%D%/qmp.c %D%/qmp.h

plugin_sources += \
	%D%/sev_control.cc \
	%D%/sev_control.h
