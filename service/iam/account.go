package iam

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"tocsin/service/identity"
	"tocsin/store/state"
)

// GetAccountSummary counts what there is and tells the quotas.
func (s *Service) GetAccountSummary(ctx context.Context, _ *iam.GetAccountSummaryInput, _ ...func(*iam.Options)) (*iam.GetAccountSummaryOutput, error) {
	in := scope(ctx)
	m := map[string]int32{
		"UsersQuota": int32(users.count), "GroupsQuota": int32(groups.count), "RolesQuota": int32(roles.count), "PoliciesQuota": maxPolicies,
		"AccessKeysPerUserQuota": maxKeys, "GroupsPerUserQuota": maxGroups, "VersionsPerPolicyQuota": maxVersions,
		"PolicySizeQuota": maxManaged, "UserPolicySizeQuota": int32(users.inline), "GroupPolicySizeQuota": int32(groups.inline),
		"AssumeRolePolicySizeQuota": maxTrust, "AttachedPoliciesPerUserQuota": int32(users.attached),
		"AttachedPoliciesPerGroupQuota": int32(groups.attached), "AttachedPoliciesPerRoleQuota": int32(roles.attached),
		"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 0, "AccountSigningCertificatesPresent": 0, "AccountPasswordPresent": 0,
		"MFADevices": 0, "MFADevicesInUse": 0, "Providers": 0, "InstanceProfiles": 0, "ServerCertificates": 0,
	}
	err := s.State.View(ctx, func(tx *state.Tx) error {
		for _, word := range []string{"user", "group", "role"} {
			m[plural[word]] = 0
		}
		if err := eachEntity(ctx, tx, in, func(word string, _ *identity.Entity) { m[plural[word]]++ }); err != nil {
			return err
		}
		own, err := identity.Policies.All(ctx, tx, in)
		if err != nil {
			return err
		}
		m["Policies"], m["PolicyVersionsInUse"] = int32(len(own)), 0
		for _, p := range own {
			m["PolicyVersionsInUse"] += int32(len(p.Value.Versions))
		}
		return nil
	})
	m["PolicyVersionsInUseQuota"] = 2 * maxPolicies
	return &iam.GetAccountSummaryOutput{SummaryMap: m}, err
}

var plural = map[string]string{"user": "Users", "group": "Groups", "role": "Roles"}

// CreateAccountAlias names the account; it can have one name.
func (s *Service) CreateAccountAlias(ctx context.Context, in *iam.CreateAccountAliasInput, _ ...func(*iam.Options)) (*iam.CreateAccountAliasOutput, error) {
	if err := check().text("accountAlias", in.AccountAlias, aliasForm).err(); err != nil {
		return nil, err
	}
	of := scope(ctx)
	err := s.update(ctx, func(tx *state.Tx) error {
		switch there, err := state.Exists(second(identity.Aliases.Get(ctx, tx, state.Scope{}, *in.AccountAlias))); {
		case err != nil:
			return err
		case there:
			return exists("The account alias %s already exists.", *in.AccountAlias)
		}
		old, err := identity.Aliases.Of(ctx, tx, of.Account)
		if err != nil {
			return err
		}
		for _, a := range old {
			if err := identity.Aliases.Delete(ctx, tx, state.Scope{}, a.Name); err != nil {
				return err
			}
		}
		_, err = identity.Aliases.Put(ctx, tx, state.Resource[identity.Alias]{
			Name: *in.AccountAlias, Parent: of.Account, Value: identity.Alias{Account: of.Account}, Created: s.Now(),
		})
		return err
	})
	return &iam.CreateAccountAliasOutput{}, err
}

// ListAccountAliases lists the name of the account, if it has one.
func (s *Service) ListAccountAliases(ctx context.Context, in *iam.ListAccountAliasesInput, _ ...func(*iam.Options)) (*iam.ListAccountAliasesOutput, error) {
	if err := check().paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	var found []state.Resource[identity.Alias]
	err := s.State.View(ctx, func(tx *state.Tx) (err error) {
		found, err = identity.Aliases.Of(ctx, tx, scope(ctx).Account)
		return err
	})
	return &iam.ListAccountAliasesOutput{AccountAliases: each(found, byName[identity.Alias])}, err
}

// DeleteAccountAlias takes the account's name away.
func (s *Service) DeleteAccountAlias(ctx context.Context, in *iam.DeleteAccountAliasInput, _ ...func(*iam.Options)) (*iam.DeleteAccountAliasOutput, error) {
	if err := check().text("accountAlias", in.AccountAlias, aliasForm).err(); err != nil {
		return nil, err
	}
	err := s.update(ctx, func(tx *state.Tx) error {
		a, err := identity.Aliases.Get(ctx, tx, state.Scope{}, *in.AccountAlias)
		if errors.Is(err, state.ErrNotFound) || err == nil && a.Value.Account != scope(ctx).Account {
			return noSuch("The account alias with name %s cannot be found.", *in.AccountAlias)
		}
		if err != nil {
			return err
		}
		return identity.Aliases.Delete(ctx, tx, state.Scope{}, a.Name)
	})
	return &iam.DeleteAccountAliasOutput{}, err
}
