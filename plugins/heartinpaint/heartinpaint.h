// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The element heartinpaint. Only its type is public; inpaint.h shows what is inside.

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_HEART_INPAINT (gst_heart_inpaint_get_type())
GType gst_heart_inpaint_get_type(void);

GST_ELEMENT_REGISTER_DECLARE(heartinpaint)

G_END_DECLS
