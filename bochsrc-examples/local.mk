# SPDX-License-Identifier: LGPL-2.1-or-later
# What a user starts from; the tests run the same files.
noinst_DATA =
include %D%/teaching/local.mk
