"""A door for mail that a mail server hands over, by SMTP or LMTP."""
