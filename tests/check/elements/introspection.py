# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libgstheart from Python: what an application that shows or flags repairs would write. Leaves with 77, a
# skip, where python3-gi is not installed.

import sys

try:
    import gi

    gi.require_version("Gst", "1.0")
except (ImportError, ValueError):
    print("python3-gi or GStreamer's typelib is not installed: apt-get install python3-gi gir1.2-gstreamer-1.0")
    sys.exit(77)
gi.require_version("GstHeart", "1.0")
from gi.repository import GLib, Gst, GstHeart

Gst.init(None)
SECOND = Gst.SECOND


def parsers():
    regions = GstHeart.region_list_parse("12.4-12.9; 0:01:02.5+0.3=chorus")
    assert [(r.start, r.stop, r.label) for r in regions] == [
        (12400000000, 12900000000, None),
        (62500000000, 62800000000, "chorus"),
    ], regions
    assert regions[0].domain == GstHeart.TimeDomain.STREAM
    assert regions[0].trigger == GstHeart.Trigger.PROPERTY
    assert GstHeart.Region.to_string(regions[1]) == "62.500000000-62.800000000=chorus"

    data = b"start;end;label\n1,5;2,5;x\n"
    regions, warnings = GstHeart.region_file_parse(data, "a.csv", GstHeart.RegionFormat.AUTO, 0, 1)
    assert [(r.start, r.label) for r in regions] == [(1500000000, "x")] and not warnings
    regions, warnings = GstHeart.region_file_parse(b"1\tbeat\n", "a.txt", GstHeart.RegionFormat.AUTO, 0, 1)
    assert regions == [] and "a.txt:1:1:" in warnings[0], warnings

    try:
        GstHeart.region_list_parse("1-2; 3-oops")
    except GLib.Error as error:
        assert error.matches(GstHeart.error_quark(), GstHeart.Error.SYNTAX), error
        assert error.message.startswith("regions:1:8: "), error.message
    else:
        raise AssertionError("an unreadable list was read")


def regions():
    region = GstHeart.Region.new(
        GstHeart.TimeDomain.STREAM, SECOND, 2 * SECOND, GstHeart.Trigger.SIGNAL, "verse")
    assert region.duration() == SECOND
    region.set_reason("crc", 0.5)
    assert (region.reason, region.confidence) == ("crc", 0.5)
    segment = Gst.Segment()
    segment.init(Gst.Format.TIME)
    segment.base = 5 * SECOND
    assert region.convert(segment, GstHeart.TimeDomain.RUNNING)
    assert (region.start, region.stop) == (6 * SECOND, 7 * SECOND)
    return region


def events():
    event = GstHeart.event_new_upstream_region(3 * SECOND, SECOND, "here", None, 1.0)
    assert GstHeart.event_is_region(event)
    region = GstHeart.event_parse_region(event)
    assert (region.start, region.domain) == (3 * SECOND, GstHeart.TimeDomain.RUNNING)

    # An application without this library: a plain structure, with Python's integers.
    structure = Gst.Structure.new_empty(GstHeart.REGION_EVENT_NAME)
    structure.set_value("running-time", 7)
    structure.set_value("duration", 5)
    plain = Gst.Event.new_custom(Gst.EventType.CUSTOM_UPSTREAM, structure)
    region = GstHeart.event_parse_region(plain)
    assert (region.start, region.stop) == (7, 12)

    try:
        GstHeart.event_parse_region(Gst.Event.new_eos())
    except GLib.Error as error:
        assert error.matches(GstHeart.error_quark(), GstHeart.Error.FIELD), error
    else:
        raise AssertionError("EOS flagged a region")


def metas(region):
    buffer = Gst.Buffer.new()
    assert GstHeart.buffer_add_region_meta(buffer, region)
    found = GstHeart.buffer_get_regions(buffer)
    assert len(found) == 1 and found[0].start == region.start
    meta = GstHeart.buffer_add_repaired_meta(buffer, 7, "lm", "nano", 42, 1, 2)
    assert GstHeart.repaired_meta_parse(meta) == (True, 7, "lm", "nano", 42, 1, 2)


def messages(region):
    report = GstHeart.Report.new(1, GstHeart.RegionStatus.REPAIRED, region)
    report.set_method("lm", "nano", 42)
    report.add_candidate("lm", -1.5, None)
    message = GstHeart.message_new_region(None, report)
    assert message.get_structure().get_string("status") == "repaired"
    parsed = GstHeart.message_parse_region(message)
    assert (parsed.method, parsed.seed, parsed.region.label) == ("lm", 42, "verse")
    assert len(parsed.candidates) == 1


parsers()
region = regions()
events()
metas(region)
messages(region)
print("regions, events, metas and messages work from Python")
