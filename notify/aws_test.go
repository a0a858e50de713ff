package notify_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/notify/notifytest"
)

const (
	queueARN    = "arn:aws:sqs:eu-central-1:111122223333:alarms"
	functionARN = "arn:aws:lambda:eu-central-1:111122223333:function:on-alarm:live"
	accessKey   = "AKIDEXAMPLE0EXAMPLE0"
	secretKey   = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

func config(_ context.Context, _ string) (aws.Config, error) {
	return aws.Config{Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, "")}, nil
}

func TestSQSConforms(t *testing.T) {
	notifytest.Run(t, func(t *testing.T) notifytest.Peer {
		p := awsPeer(t, topic.SQS, answerAsSQS)
		p.Endpoint = queueARN
		p.Inspect = func(t *testing.T, accepted string) {
			var in struct{ QueueUrl, MessageBody string }
			if err := json.Unmarshal([]byte(accepted), &in); err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(in.QueueUrl, "/111122223333/alarms") {
				t.Errorf("QueueUrl %q", in.QueueUrl)
			}
			if _, err := topic.ParseDocument([]byte(in.MessageBody)); err != nil {
				t.Error(err)
			}
		}
		return p
	})
}

func TestLambdaConforms(t *testing.T) {
	notifytest.Run(t, func(t *testing.T) notifytest.Peer {
		p := awsPeer(t, topic.Lambda, answerAsLambda)
		p.Endpoint = functionARN
		p.Inspect = func(t *testing.T, accepted string) {
			var event struct {
				Records []struct{ Sns struct{ Message string } }
			}
			if err := json.Unmarshal([]byte(accepted), &event); err != nil || len(event.Records) != 1 {
				t.Errorf("%v: %.300s", err, accepted)
			}
		}
		return p
	})
}

func awsPeer(t *testing.T, protocol topic.Protocol, answer func(http.ResponseWriter, *http.Request, notifytest.Behaviour)) notifytest.Peer {
	var w *webPeer
	w = &webPeer{
		answer: func(rw http.ResponseWriter, r *http.Request, b notifytest.Behaviour) {
			if !strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/"+string(protocol)+"/aws4_request") {
				t.Errorf("signed for something else: %s", r.Header.Get("Authorization"))
			}
			if b == notifytest.Accept {
				all := w.takeAll()
				r.Header.Set("Accepted", all[len(all)-1])
			}
			answer(rw, r, b)
		},
		keep: keepBody,
	}
	w.start(t, false)
	p := w.peer()
	p.Protocol = protocol
	p.Receiver = receiver(t, notify.Options{AWS: &notify.AWS{Config: config, SQSEndpoint: w.server.URL, LambdaEndpoint: w.server.URL}}, protocol)
	p.Secrets = []string{secretKey}
	p.RetryAfter = 37 * time.Second
	return p
}

// serviceError is an error as the JSON protocols of AWS have it.
func serviceError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Amzn-Errortype", code)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": "this is what AWS says"})
}

func answerAsSQS(w http.ResponseWriter, r *http.Request, b notifytest.Behaviour) {
	switch b {
	case notifytest.Refuse:
		serviceError(w, http.StatusBadRequest, "com.amazonaws.sqs#QueueDoesNotExist")
	case notifytest.Fail:
		serviceError(w, http.StatusInternalServerError, "InternalFailure")
	case notifytest.Throttle:
		w.Header().Set("Retry-After", "37")
		serviceError(w, http.StatusTooManyRequests, "RequestThrottled")
	default:
		var in struct{ MessageBody string }
		if err := json.Unmarshal([]byte(r.Header.Get("Accepted")), &in); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		sum := md5.Sum([]byte(in.MessageBody))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_ = json.NewEncoder(w).Encode(map[string]string{
			"MessageId": "11111111-2222-3333-4444-555555555555", "MD5OfMessageBody": hex.EncodeToString(sum[:]),
		})
	}
}

func answerAsLambda(w http.ResponseWriter, r *http.Request, b notifytest.Behaviour) {
	switch b {
	case notifytest.Refuse:
		serviceError(w, http.StatusNotFound, "ResourceNotFoundException")
	case notifytest.Fail:
		serviceError(w, http.StatusBadGateway, "EC2UnexpectedException")
	case notifytest.Throttle:
		w.Header().Set("Retry-After", "37")
		serviceError(w, http.StatusTooManyRequests, "TooManyRequestsException")
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

// Codes of AWS and what they mean for the message.
func TestServiceErrors(t *testing.T) {
	for _, test := range []struct {
		status    int
		code      string
		answer    topic.Answer
		throttled bool
	}{
		{400, "AWS.SimpleQueueService.NonExistentQueue", topic.Permanent, false},
		{403, "AccessDenied", topic.Permanent, false},
		{403, "AccessDeniedException", topic.Permanent, false},
		{400, "InvalidMessageContents", topic.Permanent, false},
		{400, "KmsThrottled", topic.Retry, true},
		{403, "RequestThrottled", topic.Retry, true},
		{400, "ThrottlingException", topic.Retry, true},
		{503, "ServiceUnavailable", topic.Retry, false},
		// Our own credentials and clock, which say nothing about the queue.
		{403, "ExpiredToken", topic.Retry, false},
		{403, "InvalidClientTokenId", topic.Retry, false},
		{403, "SignatureDoesNotMatch", topic.Retry, false},
		{400, "UnrecognizedClientException", topic.Retry, false},
	} {
		p := awsPeer(t, topic.SQS, func(w http.ResponseWriter, _ *http.Request, _ notifytest.Behaviour) {
			serviceError(w, test.status, test.code)
		})
		result := p.Receiver.Send(t.Context(), notifytest.Plain(topic.SQS, queueARN))
		if result.Answer != test.answer || result.Throttled != test.throttled || !strings.Contains(result.Detail, test.code) {
			t.Errorf("%d %s: %v, throttled %v (%s)", test.status, test.code, result.Answer, result.Throttled, result.Detail)
		}
		if n := len(p.Accepted()); n != 1 {
			t.Errorf("%s: %d requests for one attempt", test.code, n)
		}
	}
}

// Credentials that cannot be had now may be had later; they are asked for again.
func TestCredentialsLater(t *testing.T) {
	w := &webPeer{answer: answerAsLambda, keep: keepBody}
	w.start(t, false)
	asked := 0
	r := receiver(t, notify.Options{AWS: &notify.AWS{LambdaEndpoint: w.server.URL, Config: func(ctx context.Context, region string) (aws.Config, error) {
		if asked++; asked == 1 {
			return aws.Config{}, errors.New("no credentials here")
		}
		return config(ctx, region)
	}}}, topic.Lambda)
	n := notifytest.Plain(topic.Lambda, functionARN)
	if result := r.Send(t.Context(), n); result.Answer != topic.Retry || !strings.Contains(result.Detail, "no credentials here") {
		t.Errorf("%v: %s", result.Answer, result.Detail)
	}
	for range 2 {
		if result := r.Send(t.Context(), n); result.Answer != topic.Delivered {
			t.Errorf("%v: %s", result.Answer, result.Detail)
		}
	}
	if asked != 2 {
		t.Errorf("asked for credentials %d times, want 2", asked)
	}
}

// ARNs that are none, or not of the service, cause no request.
func TestForeignARNs(t *testing.T) {
	for _, protocol := range []topic.Protocol{topic.SQS, topic.Lambda} {
		p := awsPeer(t, protocol, answerAsLambda)
		for _, endpoint := range []string{
			"", "arn", "arn:aws:sns:eu-central-1:111122223333:alarms", "arn:aws:sqs:evil.example/:111122223333:alarms",
			"arn:aws:sqs:eu-central-1:1111:alarms", "arn:aws:sqs:eu-central-1:111122223333:a/b", "arn:aws:sqs::111122223333:alarms",
			"arn:aws:lambda:evil.example#-1:111122223333:function:f", "arn:aws:lambda:eu-central-1:111122223333:layer:f",
			"arn:aws:lambda:eu-central-1:111122223333:function:f\r\nX: y/../../z",
		} {
			result := p.Receiver.Send(t.Context(), notifytest.Plain(protocol, endpoint))
			if result.Answer != topic.Permanent {
				t.Errorf("%s %q: %v: %s", protocol, endpoint, result.Answer, result.Detail)
			}
		}
		if n := len(p.Accepted()); n != 0 {
			t.Errorf("%d requests", n)
		}
	}
}

func TestEnqueue(t *testing.T) {
	var w *webPeer
	w = &webPeer{keep: keepBody, answer: func(rw http.ResponseWriter, r *http.Request, b notifytest.Behaviour) {
		all := w.takeAll()
		r.Header.Set("Accepted", all[len(all)-1])
		answerAsSQS(rw, r, b)
	}}
	w.start(t, false)
	all, err := notify.New(notify.Options{AWS: &notify.AWS{Config: config, SQSEndpoint: w.server.URL + "/"}})
	if err != nil {
		t.Fatal(err)
	}
	m := topic.QueueMessage{Body: "dead", GroupID: "g", Attributes: map[string]topic.Attribute{
		"n": {Type: "Number", Value: "1"}, "b": {Type: "Binary.png", Value: "AAEC/w=="},
	}}
	if result := all.Enqueue(t.Context(), queueARN, m); result.Answer != topic.Delivered || !strings.Contains(result.Detail, "11111111-2222") {
		t.Errorf("%v: %s", result.Answer, result.Detail)
	}
	golden(t, "enqueue.json", indented(t, w.takeAll()[0]))
	m.Attributes["b"] = topic.Attribute{Type: "Binary", Value: "not base64"}
	if result := all.Enqueue(t.Context(), queueARN, m); result.Answer != topic.Permanent {
		t.Errorf("%v: %s", result.Answer, result.Detail)
	}
	without, err := notify.New(notify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if result := without.Enqueue(t.Context(), queueARN, m); result.Answer != topic.Retry {
		t.Errorf("without access to AWS: %v: %s", result.Answer, result.Detail)
	}
}

// Protocols that the options do not reach have no receiver.
func TestFor(t *testing.T) {
	all, err := notify.New(notify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[topic.Protocol]bool{
		topic.HTTP: true, topic.HTTPS: true, notify.Slack: true, topic.Email: false, topic.EmailJSON: false, topic.SQS: false, topic.Lambda: false,
		topic.SMS: false, "": false,
	} {
		if _, ok := all.For(p); ok != want {
			t.Errorf("For(%q): %v", p, ok)
		}
	}
}
