/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every public header of libgstheart needs: the export macro. Plain C, so that C programs and
 * the introspection scanner read the same headers as the C++ files behind them.
 */

#pragma once

#include <gst/gst.h>

#ifndef GST_HEART_API
#  if defined(_WIN32) && defined(BUILDING_GST_HEART)
#    define GST_HEART_API extern __declspec(dllexport)
#  elif defined(_WIN32)
#    define GST_HEART_API extern __declspec(dllimport)
#  else
#    define GST_HEART_API extern __attribute__((visibility("default")))
#  endif
#endif
