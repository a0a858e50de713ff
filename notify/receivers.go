package notify

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"

	"tocsin/core/topic"
)

// Options are how endpoints are reached.
type Options struct {
	// Mail is the server that takes mails; nil: there is none, and no receiver for
	// email and email-json.
	Mail *Mail
	// AWS reaches queues and functions; nil: there are no receivers for sqs and lambda.
	AWS *AWS
	// Networks are those in which endpoints may be besides the internet. Without
	// them an address on a private network is refused unless the Note is Trusted.
	Networks []netip.Prefix
	// Proxy tells through which proxy a request to an http, https or slack endpoint
	// goes, as http.Transport's Proxy does; nil: none, whatever the environment says.
	// What a name leads to is then the proxy's to judge; only addresses that stand in
	// the URL itself are still refused here.
	Proxy func(*http.Request) (*url.URL, error)
	// Roots are the authorities whose certificates are believed; nil: the system's.
	Roots *x509.CertPool
}

// AWS is how queues and functions are reached.
type AWS struct {
	// Config gives credentials and HTTP client for a Region. It is asked once for
	// each Region, and again after an error.
	Config func(ctx context.Context, region string) (aws.Config, error)
	// Endpoints of the services instead of AWS's own; "": AWS's.
	SQSEndpoint      string
	LambdaEndpoint   string
	FirehoseEndpoint string
}

// Receivers brings notes to endpoints of every protocol that its Options reach.
// It may be shared by goroutines.
type Receivers struct {
	web        *web
	aws        *AWS // nil: there is no access
	queues     *queues
	byProtocol map[topic.Protocol]Receiver
}

// New gives the receivers. An error is about Options.Mail, and holds no password.
func New(o Options) (*Receivers, error) {
	w := newWeb(o)
	r := &Receivers{web: w, byProtocol: map[topic.Protocol]Receiver{
		topic.HTTP:  &httpReceiver{web: w},
		topic.HTTPS: &httpReceiver{web: w},
		Slack:       &slackReceiver{web: w},
	}}
	if o.Mail != nil {
		server, err := newMailServer(*o.Mail, o.Roots)
		if err != nil {
			return nil, err
		}
		r.byProtocol[topic.Email] = &emailReceiver{server: server}
		r.byProtocol[topic.EmailJSON] = &emailJSONReceiver{server: server}
	}
	if o.AWS != nil {
		r.aws = o.AWS
		r.queues = newQueues(*o.AWS)
		r.byProtocol[topic.SQS] = &sqsReceiver{queues: r.queues}
		r.byProtocol[topic.Lambda] = newLambdaReceiver(*o.AWS)
	}
	return r, nil
}

// For is the receiver for a protocol; false: there is none.
func (r *Receivers) For(p topic.Protocol) (Receiver, bool) {
	receiver, ok := r.byProtocol[p]
	return receiver, ok
}

// Enqueue puts a message into the queue with the ARN, as for a subscription's
// dead letters.
func (r *Receivers) Enqueue(ctx context.Context, queueARN string, m topic.QueueMessage) Result {
	if r.queues == nil {
		return outcome(topic.Retry, "no access to AWS is configured, which sending to a queue needs")
	}
	return r.queues.send(ctx, queueARN, m)
}

// Close closes connections that are kept for later. Attempts under way go on.
func (r *Receivers) Close() { r.web.close() }
