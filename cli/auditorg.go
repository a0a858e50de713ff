package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/smithy-go"
)

// A member is an account of an organization.
type member struct{ id, name string }

// members are the active accounts of the organization, or those of them that
// --account names.
func (a *auditing) members(ctx context.Context, doors *auditDoors) ([]member, error) {
	var active []member
	left := 0
	known := map[string]bool{}
	pages := organizations.NewListAccountsPaginator(organizations.NewFromConfig(doors.cfg), &organizations.ListAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, whyNoMembers(doors.own, err)
		}
		for _, account := range page.Accounts {
			id := aws.ToString(account.Id)
			known[id] = true
			switch {
			case len(a.o.accounts) > 0 && !slices.Contains(a.o.accounts, id):
			case isActive(account):
				active = append(active, member{id, aws.ToString(account.Name)})
			default:
				left++
			}
		}
	}
	for _, id := range a.o.accounts {
		if !known[id] {
			return nil, usagef("--account: the organization has no account %s", id)
		}
	}
	if left > 0 {
		fmt.Fprintf(a.s.Err, "%s of the organization left out: not active\n", count(int64(left), "account"))
	}
	if len(active) == 0 {
		return nil, errors.New("no active account of the organization is left to audit")
	}
	slices.SortStableFunc(active, func(x, y member) int { return strings.Compare(x.id, y.id) })
	return active, nil
}

// isActive reads the account's state; Status is what came before State and is
// retired.
func isActive(account types.Account) bool {
	if account.State != "" {
		return account.State == types.AccountStateActive
	}
	return account.Status == types.AccountStatusActive
}

func whyNoMembers(own string, err error) error {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return fmt.Errorf("list the accounts of the organization: %w", unsent(err))
	}
	switch answer.ErrorCode() {
	case "AWSOrganizationsNotInUseException":
		return fmt.Errorf("account %s belongs to no organization; name accounts with --account", own)
	case "AccessDeniedException", "AccessDenied":
		return fmt.Errorf("account %s may not list the accounts of the organization (organizations:ListAccounts, of the management account or a delegated administrator); "+
			"name accounts with --account", own)
	}
	return fmt.Errorf("list the accounts of the organization: %s: %s", answer.ErrorCode(), answer.ErrorMessage())
}
