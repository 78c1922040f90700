/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the plugin's messages go: BX_INFO, BX_ERROR and BX_FATAL speak as the device of sev.cc.
 * After Bochs's own headers.
 */
#ifndef BX_SEV_LOG_H
#define BX_SEV_LOG_H

extern class logfunctions *bx_sev_log;

#define LOG_THIS bx_sev_log->

#endif
