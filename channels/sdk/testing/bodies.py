"""Bodies that nobody should send, and somebody does."""

_DEEP = 100_000

BODIES: tuple[bytes, ...] = (
    *(b"", b" ", b"\n", b"null", b"0", b"true", b'""', b"[]", b"{}", b"[{}]", b"[null]", b"[[]]"),
    *(b"{", b'{"a"', b"[", b'{"a":1}x', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"\x00" * 300),
    b'{"a":1e999,"b":-1e999,"c":NaN}',
    b'{"type":null,"object":[],"update_id":{},"message":[],"entry":{}}',
    b'{"\\ud800":"\\ud800\\udc00\\ud800"}',
    b'{"a":"\xc3\x28\xed\xa0\x80"}',
    b"[" * _DEEP,
    b"[" * 900 + b"]" * 900,
    b'{"a":' * 900 + b"1" + b"}" * 900,
    b'{"a":' * _DEEP,
    b'{"a":1,"a":[1],"a":{"a":2}}',
    *(b"=", b"&", b"=&=&=", b"a", b"a=b", b"a=%", b"a=%zz%00%ff", b"a[b][c=1&a[]=2&a=3"),
    b"json=%7B&sign=&vpbx_api_key=",
    b"&".join(b"f%d=v" % number for number in range(600)),
    b"<",
    b"<a/>",
    b"<a>" * 3000,
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><a>&d;</a>',
    b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    b'<?xml version="1.0" encoding="utf-7"?><a/>',
    b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n",
    b"--x\r\nContent-Disposition: form-data\r\n\r\n",
    b"Event: \r\n\r\nEvent: Hangup\r\n: \r\nX",
    b"From: \r\nSubject: =?x?q?=??=\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
    bytes(range(256)),
)
