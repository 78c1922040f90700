# SPDX-License-Identifier: LGPL-2.1-or-later
# Linux boots in random machines: `make soak SOAK_BOOTS=20 SOAK_SEED=x`. Two minutes for 20 boots.
EXTRA_DIST += %D%/soak

SOAK_BOOTS = 200
SOAK_SEED = 1

.PHONY: soak
soak: all
	@$(linux_image)
	@srcdir=$(srcdir) $(srcdir)/%D%/soak $(SOAK_BOOTS) $(SOAK_SEED)
