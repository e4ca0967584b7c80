"""Small pictures, one path each in a square of 24, drawn for this desk."""

from typing import Final

_BUBBLE: Final = "M4 4h16v12H9l-5 4z"
_FORM: Final = "M5 3h14v18H5zM8 7h8v2H8zm0 4h8v2H8zm0 4h5v2H8z"
_PHONE: Final = (
    "M6.5 3l3 1 1.2 4.2-2 1.8a12 12 0 005.3 5.3l1.8-2 4.2 1.2 1 3c0 2-1.5 3.5-3.5 3.5"
    "C10 21 3 14 3 6.5 3 4.5 4.5 3 6.5 3z"
)
_MAIL: Final = "M3 5h18v14H3zm1.8 2L12 12.3 19.2 7z"
_PLANE: Final = "M2.5 11.500L21.5 3.5 18 20.500l-6-4.2-3 3-.6-5.500L17 7 6.5 13z"
_PERSON: Final = "M12 3a4.5 4.5 0 110 9 4.5 4.5 0 010-9zM3.5 21c0-4.5 3.8-7 8.5-7s8.5 2.5 8.5 7z"
_WINDOW: Final = "M3 4h18v16H3zm2 5v9h14V9z"

ICONS: Final = {
    "message": _BUBBLE,
    "comment": _BUBBLE,
    "form": _FORM,
    "call": _PHONE,
    "order": "M3 4h3l2.5 10h9L20 7H8M9 17.500a1.8 1.8 0 110 3.6 1.8 1.8 0 010-3.600zm8 0a1.8"
    " 1.8 0 110 3.6 1.8 1.8 0 010-3.600z",
    "booking": "M7 2h2v3h6V2h2v3h3v16H4V5h3zM6 10v9h12v-9z",
    "phone": _PHONE,
    "email": _MAIL,
    "telegram": _PLANE,
    "vk": _PERSON,
    "whatsapp": _BUBBLE,
    "instagram": _PERSON,
    "max": _BUBBLE,
    "avito": _PERSON,
    "visitor": _WINDOW,
    "deal": "M4 4h16v4H4zm2 6h12v4H6zm2 6h8v4H8z",
    "decision": "M10 17.500L4.5 12l2-2 3.5 3.500L17.5 6l2 2z",
    "undo": "M9 4L3 10l6 6v-4h5a3.5 3.5 0 010 7H8v2h6a5.5 5.5 0 000-13H9z",
    "file": "M6 2h9l4 4v16H6z",
}
