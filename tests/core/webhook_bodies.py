"""Bodies of account webhooks as they were seen, and as the pages have them: null, blank, [] or missing."""

LINE, OTHER_LINE, PERSON, ANOTHER = "+13035550100", "+13035550101", "+12025550123", "+12025550124"
LINES = {LINE: "line-1", OTHER_LINE: "line-2"}
HANDLE = "0B5E9A41-6C1D-4F6E-9B0C-2D6A1F3C8E77"

CAPTURED: dict[str, object] = {
    "accountEmail": "team@example.com",
    "content": "Is the shop open on Sunday?",
    "is_outbound": False,
    "media_url": "",
    "status": "RECEIVED",
    "error_code": None,
    "error_message": None,
    "error_reason": None,
    "error_detail": None,
    "message_handle": HANDLE,
    "date_sent": "2026-05-09T17:20:31.000Z",
    "date_updated": "2026-05-09T17:20:31.412Z",
    "from_number": PERSON,
    "number": PERSON,
    "to_number": LINE,
    "was_downgraded": None,
    "plan": "dedicated",
    "message_type": "message",
    "group_id": "",
    "participants": [],
    "send_style": "",
    "opted_out": False,
    "sendblue_number": LINE,
    "service": "iMessage",
    "group_display_name": "",
}
"""As captures have it: blank where the pages say null, no participants."""
DOCUMENTED = {
    **CAPTURED,
    "participants": [PERSON, LINE],
    "group_display_name": None,
    "media_url": None,
    "was_downgraded": False,
    "error_code": 0,
    "error_key": None,
    "seat_id": None,
    "sender_email": None,
}
"""As the pages have it: other empties, two participants, newer keys."""
PHOTO = {
    **CAPTURED,
    "content": "",
    "media_url": "https://storage.googleapis.com/inbound-file-store/a1B2c3_IMG_0042.jpeg",
}
"""The other half of one message: a photo comes apart from its text, with the same handle at worst."""
TAPBACK = {**CAPTURED, "content": "Loved \u201cSee you on Sunday\u201d", "message_handle": HANDLE.replace("0B", "1C")}
SMS = {**CAPTURED, "service": "SMS", "was_downgraded": None}
EMAIL = {**CAPTURED, "from_number": "sam@example.com", "number": "sam@example.com"}
GROUP = {
    **CAPTURED,
    "message_type": "group",
    "group_id": "sb_group_5f0c2a7e",
    "group_display_name": "Picnic",
    "participants": [PERSON, ANOTHER, LINE],
}
LOCATION = {
    **CAPTURED,
    "message_type": "location",
    "content": None,
    "location": {"latitude": 40.02, "longitude": -105.27, "accuracy_m": 12},
}
REPLY = {
    **CAPTURED,
    "reply_to": {"message_handle": "5a17319e-cbcf-443e-897e-d8b0c04b1b09", "part_index": 0},
    "thread_originator": "5a17319e-cbcf-443e-897e-d8b0c04b1b09",
}
STOP = {**CAPTURED, "content": "STOP", "opted_out": True}
RECEIVED = {
    "captured": CAPTURED, "documented": DOCUMENTED, "photo": PHOTO, "tapback": TAPBACK, "sms": SMS, "email": EMAIL,
    "group": GROUP, "location": LOCATION, "reply": REPLY, "stop": STOP,
}  # fmt: skip

STATUS = {
    **CAPTURED,
    "status": "DELIVERED",
    "is_outbound": True,
    "from_number": LINE,
    "to_number": PERSON,
    "sendblue_number": None,
    "message_handle": "5a17319e-cbcf-443e-897e-d8b0c04b1b09",
}
OTHERS: dict[str, dict[str, object]] = {
    "typing_indicator": {"number": PERSON, "from_number": LINE, "is_typing": True, "timestamp": "2026-05-09T17:20:29Z"},
    "call_log": {"event_type": "call_ended", "from_number": PERSON, "to_number": LINE, "duration_s": 41},
    "call_completed": {"call_id": "c-81", "from_number": PERSON, "to_number": LINE, "transcript": "Hello?"},
    "inbound_call": {"call_id": "c-81", "from_number": PERSON, "to_number": LINE},
    "contact_profile": {"number": PERSON, "status": "COMPLETED"},
    "line_blocked": {"sendblue_number": LINE, "status": "BLOCKED"},
    "line_assigned": {"data": {"sendblue_number": OTHER_LINE}},
    "contact_created": {"number": ANOTHER, "created_at": "2026-05-09T17:20:29Z"},
    "pigeon": {"seed": [1, 2, {"three": None}]},
}
"""One of every other type; of most the keys are guesses, and nothing rests on them."""
