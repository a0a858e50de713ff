package iam_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"tocsin/internal/pgtest"
	"tocsin/service/iam"
	"tocsin/service/servicetest"
	"tocsin/store/state"
)

// TestAtOnce is that calls at the same time do not lead past a limit, nor leave
// behind what belongs to nobody, on either database.
func TestAtOnce(t *testing.T) {
	w := servicetest.New(t)
	t.Run("SQLite", func(t *testing.T) { atOnce(t, w.Context(t), w.State, w.Now) })
	t.Run("PostgreSQL", func(t *testing.T) {
		db, err := state.Open(t.Context(), pgtest.Start(t).Database(t))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}()
		atOnce(t, w.Context(t), db, w.Now)
	})
}

func atOnce(t *testing.T, ctx context.Context, db *state.DB, now func() time.Time) {
	s := iam.New(iam.Options{State: db, Now: now})
	// together calls all functions at once and gives what came of them, sorted.
	together := func(calls ...func() string) []string {
		results := make([]string, len(calls))
		var wait sync.WaitGroup
		for i, call := range calls {
			wait.Go(func() { results[i] = call() })
		}
		wait.Wait()
		slices.Sort(results)
		return results
	}
	times := func(n int, call func(i int) string) (all []func() string) {
		for i := range n {
			all = append(all, func() string { return call(i) })
		}
		return all
	}
	count := func(results []string, want string) (n int) {
		for _, r := range results {
			if r == want {
				n++
			}
		}
		return n
	}

	made := together(times(6, func(int) string {
		return refused(s.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("alice")}))
	})...)
	if count(made, "done") != 1 || count(made, "EntityAlreadyExists: User with name alice already exists.") != 5 {
		t.Errorf("created: %q", made)
	}
	keys := together(times(6, func(int) string {
		return refused(s.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("alice")}))
	})...)
	if count(keys, "done") != 2 {
		t.Errorf("keys: %q", keys)
	}
	tags := together(times(6, func(i int) string {
		return refused(s.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String(fmt.Sprintf("p%d", i)), PolicyDocument: aws.String(allowAll)}))
	})...)
	if got, err := s.ListUserPolicies(ctx, &awsiam.ListUserPoliciesInput{UserName: aws.String("alice")}); err != nil || len(got.PolicyNames) != count(tags, "done") {
		t.Errorf("%d policies of %q: %v", len(got.PolicyNames), tags, err)
	}

	for i := range 8 {
		name := fmt.Sprintf("policy-%d", i)
		p, err := s.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(allowAll)})
		if err != nil {
			t.Fatal(err)
		}
		user := fmt.Sprintf("user-%d", i)
		if _, err := s.CreateUser(ctx, &awsiam.CreateUserInput{UserName: &user}); err != nil {
			t.Fatal(err)
		}
		both := together(
			func() string { return refused(s.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: p.Policy.Arn})) },
			func() string {
				return refused(s.AttachUserPolicy(ctx, &awsiam.AttachUserPolicyInput{UserName: &user, PolicyArn: p.Policy.Arn}))
			},
		)
		if count(both, "done") != 1 {
			t.Errorf("deleted and attached: %q", both)
		}
		both = together(
			func() string { return refused(s.DeleteUser(ctx, &awsiam.DeleteUserInput{UserName: &user})) },
			func() string { return refused(s.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: &user})) },
		)
		if count(both, "done") > 1 {
			t.Errorf("user deleted and key made: %q", both)
		}
		group := fmt.Sprintf("group-%d", i)
		if _, err := s.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: &group}); err != nil {
			t.Fatal(err)
		}
		both = together(
			func() string { return refused(s.DeleteGroup(ctx, &awsiam.DeleteGroupInput{GroupName: &group})) },
			func() string {
				return refused(s.AddUserToGroup(ctx, &awsiam.AddUserToGroupInput{GroupName: &group, UserName: aws.String("alice")}))
			},
		)
		if count(both, "done") != 1 {
			t.Errorf("group deleted and user added: %q", both)
		}
		if got := refused(s.ListGroupsForUser(ctx, &awsiam.ListGroupsForUserInput{UserName: aws.String("alice")})); got != "done" {
			t.Errorf("alice is in a group that is gone: %s", got)
		}
	}
}
