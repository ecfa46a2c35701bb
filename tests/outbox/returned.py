"""Delivery status notifications in the shapes in which the big mail systems send them."""

from __future__ import annotations

from collections.abc import Callable


def lines(text: str) -> bytes:
    return text.lstrip("\n").replace("\n", "\r\n").encode()


def headers_of(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[0] + b"\r\n"


def postfix(data: bytes, status: str = "5.1.1", action: str = "failed") -> bytes:
    """The whole message comes back; the first recipient field is the one it was forwarded to."""
    return (
        lines(f"""
Return-Path: <>
Date: Tue,  2 Mar 2027 10:00:05 -0800 (PST)
From: MAILER-DAEMON@mail.home.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces@clinic.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4D9C1200E5.1772474405/mail.home.example"
Content-Transfer-Encoding: 7bit
Message-Id: <20270302180005.5F1C1200E7@mail.home.example>

This is a MIME-encapsulated message.

--4D9C1200E5.1772474405/mail.home.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.home.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<nora@example.org>: host mx.example.org[192.0.2.7] said: 550 5.1.1
    <nora@example.org>: Recipient address rejected: User unknown (in reply to
    RCPT TO command)

--4D9C1200E5.1772474405/mail.home.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.home.example
X-Postfix-Queue-ID: 4D9C1200E5
X-Postfix-Sender: rfc822; bounces@clinic.example
Arrival-Date: Tue,  2 Mar 2027 10:00:04 -0800 (PST)

Final-Recipient: rfc822; nora@example.org
Original-Recipient: rfc822;nora@example.org
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 5.1.1 <nora@example.org>: Recipient address
    rejected: User unknown

--4D9C1200E5.1772474405/mail.home.example
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <bounces@clinic.example>
Received: from clinic.example (clinic.example [192.0.2.9])
	by mail.home.example (Postfix) with ESMTPS id 4D9C1200E5
	for <nora@example.org>; Tue,  2 Mar 2027 10:00:04 -0800 (PST)
""")
        + data
        + lines("\n\n--4D9C1200E5.1772474405/mail.home.example--\n")
    )


def postfix_headers(data: bytes) -> bytes:
    """As Postfix cuts it above `bounce_size_limit`: the headers alone, and here oddly written."""
    whole = postfix(data)
    start = whole.index(b"Content-Description: Undelivered Message")
    kept = headers_of(data).replace(b"Message-ID: ", b"MESSAGE-id:\r\n\t")
    return (
        whole[:start]
        + lines("""
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

""")
        + kept
        + lines("\n--4D9C1200E5.1772474405/mail.home.example--\n")
    )


def microsoft(data: bytes) -> bytes:
    """Exchange Online: a page for people, no blank after the types, the headers with its own."""
    return (
        lines("""
Received: from BN8P110MB1234.NAMP110.PROD.OUTLOOK.COM (2603:10b6::1) with HTTPS
MIME-Version: 1.0
From: Microsoft Outlook
	<MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@hospital.example>
To: <bounces@clinic.example>
Date: Tue, 2 Mar 2027 18:00:06 +0000
Content-Type: multipart/report; report-type=delivery-status;
	boundary="0ad1e4b8-8c4f-4d0e-8f5b-55f0e0d2f1c1"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID:
	<3b2f9b7e-7a55-45b0-9f13-0f1d8e6f7a11@BN8P110MB1234.NAMP110.PROD.OUTLOOK.COM>
In-Reply-To: <another@clinic.example>
References: <another@clinic.example>
Subject: Undeliverable: Your appointment
Auto-Submitted: auto-replied

--0ad1e4b8-8c4f-4d0e-8f5b-55f0e0d2f1c1
Content-Type: multipart/alternative; differences=Content-Type;
	boundary="6f1c6f4b-33ab-4ad9-9b37-3a5f0c3e1d20"

--6f1c6f4b-33ab-4ad9-9b37-3a5f0c3e1d20
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Delivery has failed to these recipients or groups:=20
nora@example.org=20

--6f1c6f4b-33ab-4ad9-9b37-3a5f0c3e1d20
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body><p>Your message couldn't be delivered.</p></body></html>

--6f1c6f4b-33ab-4ad9-9b37-3a5f0c3e1d20--

--0ad1e4b8-8c4f-4d0e-8f5b-55f0e0d2f1c1
Content-Type: message/delivery-status

Reporting-MTA: dns;BN8P110MB1234.NAMP110.PROD.OUTLOOK.COM
Received-From-MTA: dns;mail.clinic.example
Arrival-Date: Tue, 2 Mar 2027 18:00:05 +0000

Final-Recipient: RFC822;nora@example.org
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound;
 Recipient nora@example.org not found by SMTP address lookup

--0ad1e4b8-8c4f-4d0e-8f5b-55f0e0d2f1c1
Content-Type: message/rfc822

Received: from mail.clinic.example (192.0.2.9) by
 BN8P110MB1234.NAMP110.PROD.OUTLOOK.COM with Microsoft SMTP Server
 (version=TLS1_2) id 15.20.9999.1; Tue, 2 Mar 2027 18:00:05 +0000
X-MS-Exchange-Organization-Network-Message-Id: 8e0c8a1b-0b4e-4d1e-1f0e-08dd59b2c0aa
""")
        + headers_of(data)
        + lines("\n\n--0ad1e4b8-8c4f-4d0e-8f5b-55f0e0d2f1c1--\n")
    )


def google(data: bytes) -> bytes:
    """Gmail: pictures in a part of their own; "failed" with a passing status where the domain is
    not there."""
    return (
        lines("""
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: bounces@clinic.example
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <CAF0000@mail.gmail.com>
In-Reply-To: <CAF0000@mail.gmail.com>
X-Failed-Recipients: nora@example.org
Message-ID: <65e36d5a.050a0220.1c3f2.1b5a.GMR@mx.google.com>
Date: Tue, 02 Mar 2027 10:00:07 -0800 (PST)
Content-Type: multipart/report; boundary="0000000000008c1e2a0612b7c5d1"; report-type=delivery-status

--0000000000008c1e2a0612b7c5d1
Content-Type: multipart/related; boundary="0000000000008c33f90612b7c5d9"

--0000000000008c33f90612b7c5d9
Content-Type: multipart/alternative; boundary="0000000000008c33ff0612b7c5da"

--0000000000008c33ff0612b7c5da
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to nora@example.org because the domain
example.org couldn't be found.

--0000000000008c33ff0612b7c5da
Content-Type: text/html; charset="UTF-8"

<html><body><img src="cid:icon.png"></body></html>

--0000000000008c33ff0612b7c5da--
--0000000000008c33f90612b7c5d9
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=
--0000000000008c33f90612b7c5d9--
--0000000000008c1e2a0612b7c5d1
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; bounces@clinic.example
Arrival-Date: Tue, 02 Mar 2027 10:00:06 -0800 (PST)
X-Original-Message-ID: <CAF0000@mail.gmail.com>

Final-Recipient: rfc822; nora@example.org
Action: failed
Status: 4.0.0
Diagnostic-Code: smtp; DNS Error: DNS type 'mx' lookup of example.org responded with code NXDOMAIN
 Domain name not found: example.org
Last-Attempt-Date: Tue, 02 Mar 2027 10:00:07 -0800 (PST)

--0000000000008c1e2a0612b7c5d1
Content-Type: message/rfc822

DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
        d=clinic.example; s=google; t=1772474406; x=1773079206; darn=example.org;
        h=to:from:subject:date:message-id:from:to:cc:subject:date:message-id
         :reply-to;
""")
        + data
        + lines("\n--0000000000008c1e2a0612b7c5d1--\n")
    )


SHAPES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "postfix": (postfix, "5.1.1"),
    "postfix, headers alone": (postfix_headers, "5.1.1"),
    "microsoft": (microsoft, "5.1.10"),
    "google": (google, "4.0.0"),
}
