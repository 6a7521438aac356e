package compat

// DeploySentence says in words what an answer of [Report.DeployFirst] or
// [Breaks.DeployFirst] asks for.
func DeploySentence(order string) string {
	switch order {
	case DeployAny:
		return "Deploy in any order: both sides read each other's events."
	case DeployConsumers:
		return "Deploy consumers first: every one of them must run the new schema before the first producer writes with it."
	case DeployProducers:
		return "Deploy producers first: consumers may take the new schema once no old event is left to read, or with an upcaster."
	case DeployNone:
		return "Neither side can go first: use an upcaster, a new subject, or write both versions for a while."
	default:
		return "The order is not known: one direction was not judged or not decided."
	}
}

// DeploySentence says in words which side takes the candidate first.
func (r *Report) DeploySentence() string {
	return DeploySentence(r.DeployFirst())
}

var fixTitles = map[FixKind]string{
	FixAddDefault:     "Give the field a default value",
	FixRestoreField:   "Bring back what was there",
	FixRestoreType:    "Bring the old type back",
	FixMakeNullable:   "Let null be a value again",
	FixMakeOptional:   "Stop requiring the property",
	FixKeepAlias:      "Keep the old name as an alias",
	FixKeepName:       "Bring the old name back",
	FixKeepJSONName:   "Keep the old name as json_name",
	FixReserveNumber:  "Reserve the number",
	FixReserveName:    "Reserve the name",
	FixKeepSymbol:     "Keep the value that was there",
	FixEnumDefault:    "Give the enum the default symbol",
	FixKeepBranch:     "Keep the branches as they were",
	FixWiden:          "Allow the new type beside the old one",
	FixNewField:       "Add a new field beside the old one and deprecate that",
	FixRelaxBound:     "Set the bound as it was",
	FixDropConstraint: "Remove the new constraint",
	FixKeepConstraint: "Bring the old constraint back",
	FixOpenObject:     "Take what the old schema took",
	FixNewSubject:     "Register under a new major subject",
	FixKeepNumbers:    "Give the fields their old numbers back, and new ones to those of another type",
	FixRestoreMessage: "Bring the message's fields back as they were",
	FixUpcaster:       "Migrate old events by an upcaster",
}

// Title says in words what the fix does.
func (k FixKind) Title() string { return fixTitles[k] }
