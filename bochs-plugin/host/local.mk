# SPDX-License-Identifier: LGPL-2.1-or-later
libsevplugin_la_SOURCES += %D%/psp_function.c %D%/psp_function.h
plugin_sources += %D%/sev_pci.cc %D%/sev_pci.h
