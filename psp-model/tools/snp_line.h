/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The line of processors of an attestation report: it decides how TCBs are read and which root signs.
 *
 * Source: virtee/snpguest src/fetch.rs get_processor_model().
 */
#ifndef OWNER_SNP_LINE_H
#define OWNER_SNP_LINE_H

#include "owner.h"
#include "protocol/snp_report.h"
#include "protocol/tcb.h"

/* --line NAME */
enum owner_exit snp_line_parse(const char *name, enum tcb_model *model);
/* The line of a report: by its CPUID family and model, from version 3 on. A report of version 2 does not
 * say it, except that only Turin's chip ids have eight bytes: then `name`, the value of --line, is
 * needed. If both are there they must agree. */
enum owner_exit snp_line_of_report(const struct snp_report *report, const char *name,
                                   enum tcb_model *model);

#endif
