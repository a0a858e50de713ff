package access_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"tocsin/service"
	"tocsin/service/iam"
	"tocsin/service/servicetest"
)

// BenchmarkGate is what it costs to know who calls and that he may: a user with
// a managed policy and one of his own.
func BenchmarkGate(b *testing.B) {
	w := servicetest.New(b)
	gate, s, ctx := newGate(w), iam.New(iam.Options{State: w.State, Now: w.Now}), w.Context(b)
	if _, err := s.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("alice")}); err != nil {
		b.Fatal(err)
	}
	if _, err := s.AttachUserPolicy(ctx, &awsiam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")}); err != nil {
		b.Fatal(err)
	}
	if _, err := s.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allow("sns:Publish", topic))}); err != nil {
		b.Fatal(err)
	}
	key, err := s.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("alice")})
	if err != nil {
		b.Fatal(err)
	}
	id := *key.AccessKey.AccessKeyId
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	for b.Loop() {
		if _, ok, err := gate.Secret(b.Context(), id); !ok || err != nil {
			b.Fatal(err)
		}
		c, err := gate.Caller(b.Context(), signedBy(id), r)
		if err != nil {
			b.Fatal(err)
		}
		if err := gate.Permit(b.Context(), c, []service.Need{publish(topic)}); err != nil {
			b.Fatal(err)
		}
	}
}
