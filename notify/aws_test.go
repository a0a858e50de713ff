package notify_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
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
