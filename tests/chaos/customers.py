"""Customers who write to what is fetched, and whose mail server hands mail over."""

import smtplib
import threading
import time
from email.message import EmailMessage
from itertools import count

PAUSE_S = 0.02
SENDER = "c{}@b.example"
"""Of a mail, by its number."""


class Customers(threading.Thread):
    """Write without end by every way; each mail is sent until the server has said 250."""

    def __init__(self, write, port):
        """`write(number)` writes to each bot; mail goes to the door at `port`."""
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.written = 0
        self.mails = []
        """The numbers of those that were said to be taken."""
        self._write, self._port = write, port

    def run(self):
        for number in count(1):
            if self.ended.is_set():
                return
            self._write(number)
            self.written = number
            if number % 5 == 0:
                self._mail(number)
            self.ended.wait(PAUSE_S)

    def _mail(self, number):
        mail = EmailMessage()
        mail["From"], mail["To"] = SENDER.format(number), "sales@shop.example"
        mail["Message-ID"], mail["Subject"] = f"<{number}@b.example>", "Kitchen"
        mail.set_content(f"mail {number}")
        while not self._was_taken(mail):
            time.sleep(0.05)
        self.mails.append(number)

    def _was_taken(self, mail):
        try:
            with smtplib.SMTP("127.0.0.1", self._port, timeout=10) as client:
                client.send_message(mail)
        except (OSError, smtplib.SMTPException):
            return False
        return True
