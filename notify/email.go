package notify

import (
	"bytes"
	"context"
	"fmt"

	"tocsin/core/topic"
)

// emailReceiver writes mails for people. A notice of an alarm is tocsin's own
// mail and tells what happened; other messages are sent as SNS does.
type emailReceiver struct {
	server *mailServer
}

func (e *emailReceiver) Send(ctx context.Context, n Note) Result {
	l, err := letterFor(n)
	result := e.server.post(ctx, n, l)
	if err != nil && result.Answer == topic.Delivered {
		result.Detail = oneLine("sent as plain text only: "+err.Error(), MaxDetail)
	}
	return result
}

// letterFor is the mail for a note. With an error it has no HTML, and can be sent
// all the same.
func letterFor(n Note) (letter, error) {
	l := letter{subject: n.Document.MailSubject()}
	var err error
	switch {
	case n.Document.Type != topic.Notification:
		c := confirmationOf(n)
		l.text = c.text()
		l.html, err = render(confirmationPage, c)
	case n.Summary != nil:
		a := alarmMail{Story: tell(*n.Summary), Footer: footerOf(n)}
		l.text, l.marks = a.text(), marksOf(*n.Summary)
		l.html, err = render(alarmPage, a)
	default:
		l.text = n.Document.Message + footerOf(n).text()
	}
	if err != nil {
		l.html = ""
	}
	return l, err
}

// emailJSONReceiver mails the document itself, for programs.
type emailJSONReceiver struct {
	server *mailServer
}

func (e *emailJSONReceiver) Send(ctx context.Context, n Note) Result {
	return e.server.post(ctx, n, letter{subject: n.Document.MailSubject(), text: string(n.Document.JSON())})
}

// post writes a letter to the endpoint of a note and hands it over.
func (s *mailServer) post(ctx context.Context, n Note, l letter) Result {
	if topic.CheckEndpoint(topic.Email, n.Subscription.Endpoint) != nil {
		return outcome(topic.Permanent, "the endpoint is not a mail address")
	}
	var b bytes.Buffer
	if _, err := l.message(n, s.from).WriteTo(&b); err != nil {
		return outcome(topic.Permanent, fmt.Sprintf("the mail cannot be written: %v", err), n.secrets(nil)...)
	}
	return s.send(ctx, n.Subscription.Endpoint, b.Bytes(), n.secrets(nil)...)
}
