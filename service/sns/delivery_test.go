package sns_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	api "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"tocsin/core/topic"
	"tocsin/flow/deliver"
	"tocsin/notify"
	"tocsin/store/roster"
)

// A received request is what an endpoint got.
type received struct {
	header http.Header
	body   []byte
}

// listen is an endpoint on the web that keeps what it gets.
func listen(t *testing.T, answer func(body []byte) string) (address string, got chan received) {
	t.Helper()
	got = make(chan received, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- received{r.Header, body}
		if _, err := io.WriteString(w, answer(body)); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// sent is a SendMessage as far as it is looked at.
type sent struct{ MessageBody, QueueUrl string }

func sentTo(t *testing.T, body []byte) (s sent) {
	t.Helper()
	if err := json.Unmarshal(body, &s); err != nil {
		t.Error(err)
	}
	return s
}

// courier delivers what is in the outbox; endpoints may be on loopback.
func (b *bench) courier(t *testing.T, queues string) *deliver.Courier {
	t.Helper()
	const site = "https://sns.example"
	signer, err := roster.OpenSigner(t.Context(), b.world.State, site, b.world.Now())
	if err != nil {
		t.Fatal(err)
	}
	config := func(_ context.Context, region string) (aws.Config, error) {
		return aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", "")}, nil
	}
	receivers, err := notify.New(notify.Options{
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AWS: &notify.AWS{Config: config, SQSEndpoint: queues},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(receivers.Close)
	return deliver.New(deliver.Options{State: b.world.State, Receivers: receivers, Signer: signer, Site: site, Owner: "test", Now: b.world.Now})
}

func TestFromPublishToReceipt(t *testing.T) {
	twice(t, func(t *testing.T, b *bench) {
		web, onWeb := listen(t, func([]byte) string { return "" })
		queues, onQueue := listen(t, func(body []byte) string { // as SQS answers SendMessage
			sum := md5.Sum([]byte(sentTo(t, body).MessageBody))
			return `{"MessageId":"m","MD5OfMessageBody":"` + hex.EncodeToString(sum[:]) + `"}`
		})
		courier := b.courier(t, queues)
		tick := func() {
			t.Helper()
			for {
				n, err := courier.Tick(t.Context(), b.world.Now())
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					return
				}
			}
		}
		b.create(t)
		arn := b.subscribe(t, "http", web, map[string]string{"FilterPolicy": `{"severity":["high"]}`})
		b.subscribe(t, "sqs", queue, map[string]string{"RawMessageDelivery": "true"})
		tick()
		asked := <-onWeb
		document, err := topic.ParseDocument(asked.body)
		if err != nil {
			t.Fatal(err)
		}
		link, err := url.Parse(document.SubscribeURL)
		if err != nil || document.Type != topic.SubscriptionConfirmation || link.Query().Get("TopicArn") != alarms {
			t.Fatalf("asked by %s: %v", asked.body, err)
		}
		confirmed, err := b.ConfirmSubscription(b.ctx, &api.ConfirmSubscriptionInput{TopicArn: aws.String(alarms), Token: aws.String(link.Query().Get("Token"))})
		if err != nil || *confirmed.SubscriptionArn != arn {
			t.Fatalf("%+v, %v", confirmed, err)
		}
		for _, severity := range []string{"low", "high"} {
			_, err := b.Publish(b.ctx, &api.PublishInput{
				TopicArn: aws.String(alarms), Message: aws.String("ding of " + severity), MessageAttributes: map[string]types.MessageAttributeValue{"severity": text(severity)},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		tick()
		if len(onWeb) != 1 || len(onQueue) != 2 {
			t.Fatalf("%d messages on the web, %d on the queue", len(onWeb), len(onQueue))
		}
		told := <-onWeb
		if document, err = topic.ParseDocument(told.body); err != nil || document.Message != "ding of high" || told.header.Get("x-amz-sns-subscription-arn") != arn {
			t.Errorf("told by %s, %v", told.body, err)
		}
		bodies := map[string]bool{}
		for range 2 {
			sent := sentTo(t, (<-onQueue).body)
			bodies[sent.MessageBody] = strings.HasSuffix(sent.QueueUrl, "/123456789012/queue")
		}
		if !bodies["ding of low"] || !bodies["ding of high"] {
			t.Errorf("on the queue are %v", bodies)
		}
	})
}
