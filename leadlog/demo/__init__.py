"""`leadlog demo`: a made-up furniture workshop, its customers and its operators, on a real system.

`workshop` says what the business is, `people` who comes, `forms`, `calls` and `chats` what their
providers send, `journeys` and `garbage` what happens, `traffic` in which order, `operators` what is
made of it; `show` puts all of them on a running server.
"""
