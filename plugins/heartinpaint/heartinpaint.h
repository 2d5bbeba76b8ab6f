// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The element heartinpaint. Only its type is public; heartinpaint.cpp reads in the order of the data:
// chain, event, query, source task, state, class.

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_HEART_INPAINT (gst_heart_inpaint_get_type())
GType gst_heart_inpaint_get_type(void);

GST_ELEMENT_REGISTER_DECLARE(heartinpaint)

G_END_DECLS
