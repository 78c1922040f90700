# SPDX-License-Identifier: LGPL-2.1-or-later
# The plugin: all that knows Bochs.
