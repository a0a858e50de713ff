package notify_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/notify/notifytest"
)

// requests answers every request with 200, and keeps it.
type requests struct{ sent []string }

func (r *requests) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	r.sent = append(r.sent, request.URL.Host+" "+string(body))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: request}, nil
}

// Streams and queues are where their partition's services are.
func TestPartitions(t *testing.T) {
	for _, test := range []struct{ partition, region, domain string }{
		{"aws", "eu-central-1", "amazonaws.com"},
		{"aws-us-gov", "us-gov-west-1", "amazonaws.com"},
		{"aws-cn", "cn-north-1", "amazonaws.com.cn"},
		{"aws-eusc", "eusc-de-east-1", "amazonaws.eu"},
	} {
		far := &requests{}
		receivers, err := notify.New(notify.Options{AWS: &notify.AWS{Config: func(ctx context.Context, region string) (aws.Config, error) {
			c, err := config(ctx, region)
			c.HTTPClient = far
			return c, err
		}}})
		if err != nil {
			t.Fatal(err)
		}
		place := ":" + test.region + ":111122223333:"
		if err := receivers.Forward(t.Context(), "arn:"+test.partition+":firehose"+place+"deliverystream/logs", []byte("gzip")); err != nil {
			t.Errorf("%s: %v", test.partition, err)
		}
		queue, _ := receivers.For(topic.SQS)
		if result := queue.Send(t.Context(), notifytest.Plain(topic.SQS, "arn:"+test.partition+":sqs"+place+"alarms")); result.Answer != topic.Delivered {
			t.Errorf("%s: %+v", test.partition, result)
		}
		receivers.Close()
		if len(far.sent) != 2 {
			t.Fatalf("%s: %q", test.partition, far.sent)
		}
		if want := "firehose." + test.region + "." + test.domain + " "; !strings.HasPrefix(far.sent[0], want) {
			t.Errorf("%s: %q, want %q", test.partition, far.sent[0], want)
		}
		if want := `"https://sqs.` + test.region + "." + test.domain + `/111122223333/alarms"`; !strings.Contains(far.sent[1], want) {
			t.Errorf("%s: %q, want %q", test.partition, far.sent[1], want)
		}
	}
}
