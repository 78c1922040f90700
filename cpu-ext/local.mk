# SPDX-License-Identifier: LGPL-2.1-or-later
# SEV as the CPU sees memory, and the Bochs that it lives in.
