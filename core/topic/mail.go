package topic

import "strings"

// Subject lines and sender of SNS's mails. [SNS guide, e-mail notifications]
const (
	mailSender               = "AWS Notifications"
	mailSubject              = "AWS Notification Message"
	mailSubjectSubscribing   = "AWS Notification - Subscription Confirmation"
	mailSubjectUnsubscribing = "AWS Notification - Unsubscribe Confirmation"
)

// MailSubject is the subject of the mail that brings the document, over email
// and email-json alike.
func (d Document) MailSubject() string {
	switch {
	case d.Type == SubscriptionConfirmation:
		return mailSubjectSubscribing
	case d.Type == UnsubscribeConfirmation:
		return mailSubjectUnsubscribing
	case d.Subject == "":
		return mailSubject
	}
	return d.Subject
}

// MailSender is the name beside the sender's address of a topic's mails.
func (s TopicSettings) MailSender() string {
	if s.DisplayName == "" {
		return mailSender
	}
	return s.DisplayName
}

// SMS is the text of a short message: the message, after the topic's name for
// display. A subject is not sent. [SNS guide, publishing to a topic by SMS]
func (m Message) SMS(of TopicSettings) string {
	if of.DisplayName == "" {
		return m.Body(SMS)
	}
	return strings.ToUpper(of.DisplayName) + "> " + m.Body(SMS)
}
