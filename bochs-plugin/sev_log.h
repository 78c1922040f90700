/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plugin's messages: BX_INFO, BX_ERROR and BX_FATAL log as the device of sev.cc. Include this
 * after Bochs's own headers.
 */
#ifndef BX_SEV_LOG_H
#define BX_SEV_LOG_H

extern class logfunctions *bx_sev_log;

#define LOG_THIS bx_sev_log->

#endif
