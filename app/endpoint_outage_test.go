package app

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"tocsin/internal/pgtest"
)

// While the database is away everybody is told so soon, and nobody is let in; when
// it is back all goes on as if nothing had been.
func TestEndpointWithoutDatabase(t *testing.T) {
	server := pgtest.Start(t)
	c, err := load(t, "data: state\nlisten: 127.0.0.1:0\nconsole: 127.0.0.1:0\npack: none\naccount: '123456789012'\nregion: "+testRegion+"\ndatabase: {env: DB}\n", map[string]string{"DB": server.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := launch(t, c, Options{RootKey: testRoot})
	w := &world{t: t, app: a, host: a.listen.Addr().String()}
	user := w.user("user", allowAll)
	if _, err := w.sns(user).CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("before")}); err != nil {
		t.Fatal(err)
	}
	calls := map[string]made{
		"Query":            query("Action=CreateTopic&Version=2010-03-31&Name=during"),
		"JSON":             jsonCall("Logs_20140328.CreateLogGroup", `{"logGroupName":"during"}`),
		"CBOR":             cborCall("DescribeAlarms", "\xa0"),
		"S3":               s3Call("PUT", "/during", ""),
		"by a user":        query("Action=CreateTopic&Version=2010-03-31&Name=during").as(user),
		"S3 by him":        s3Call("GET", "/", "").as(user),
		"by a strange key": query("Action=CreateTopic&Version=2010-03-31&Name=during").as(RootKey{"AKIASTRANGER00000000", "x"}),
	}
	server.Stop(t)
	for name, call := range calls {
		began := time.Now()
		got := w.send(t, call.request(t, w.host))
		if got.status != http.StatusInternalServerError && got.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %.300s", name, got.status, got.body)
		}
		// Nobody is left to wait until the database is back.
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s: answered after %s", name, took)
		}
	}
	server.Restart(t)
	eventually(t, "the endpoint answers again", func() bool {
		return w.send(t, query("Action=ListTopics&Version=2010-03-31").as(user).request(t, w.host)).status == http.StatusOK
	})
	topics, err := w.sns(user).ListTopics(t.Context(), &awssns.ListTopicsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range topics.Topics {
		if strings.HasSuffix(*one.TopicArn, ":during") {
			t.Error("what was refused was made")
		}
	}
	buckets, err := w.s3(user).ListBuckets(t.Context(), &awss3.ListBucketsInput{})
	if err != nil || len(buckets.Buckets) != 0 {
		t.Errorf("buckets: %+v %v", buckets, err)
	}
}
