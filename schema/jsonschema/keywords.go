package jsonschema

import "slices"

// shape is what a keyword's value must be.
type shape uint8

const (
	shapeString shape = iota + 1
	shapeBool
	shapeNumber
	shapePositive // a number above zero
	shapeCount    // a non-negative integer
	shapeStrings  // a list of strings
	shapeSchema
	shapeSchemas     // a list of schemas, not empty
	shapeSchemaMap   // an object of schemas
	shapeItems       // a schema or a list of schemas
	shapeType        // a type name or a list of them
	shapeEnum        // a list
	shapeAny         // anything
	shapeDeps        // an object of schemas or lists of names
	shapeDepNames    // an object of lists of names
	shapeBoolOrNum   // draft 4 wants a boolean, later drafts a number
	shapeSchemaOld   // a schema, or a boolean even in draft 4
	shapeAnnotation  // says nothing about validity
	shapeIdentifiers // handled where addresses are collected
)

type keyword struct {
	shape    shape
	from, to Draft
}

// keywords are those that drafts define, with the drafts in which they have a
// meaning. "definitions" and "dependencies" are kept by every validator in all
// drafts, so by us.
var keywords = map[string]keyword{
	"$ref":             {shapeString, Draft4, Draft2020},
	"$dynamicRef":      {shapeString, Draft2020, Draft2020},
	"$recursiveRef":    {shapeString, Draft2019, Draft2019},
	"$schema":          {shapeIdentifiers, Draft4, Draft2020},
	"id":               {shapeIdentifiers, Draft4, Draft4},
	"$id":              {shapeIdentifiers, Draft6, Draft2020},
	"$anchor":          {shapeIdentifiers, Draft2019, Draft2020},
	"$dynamicAnchor":   {shapeIdentifiers, Draft2020, Draft2020},
	"$recursiveAnchor": {shapeIdentifiers, Draft2019, Draft2019},
	"$vocabulary":      {shapeIdentifiers, Draft2019, Draft2020},

	"type":             {shapeType, Draft4, Draft2020},
	"enum":             {shapeEnum, Draft4, Draft2020},
	"const":            {shapeAny, Draft6, Draft2020},
	"multipleOf":       {shapePositive, Draft4, Draft2020},
	"minimum":          {shapeNumber, Draft4, Draft2020},
	"maximum":          {shapeNumber, Draft4, Draft2020},
	"exclusiveMinimum": {shapeBoolOrNum, Draft4, Draft2020},
	"exclusiveMaximum": {shapeBoolOrNum, Draft4, Draft2020},
	"minLength":        {shapeCount, Draft4, Draft2020},
	"maxLength":        {shapeCount, Draft4, Draft2020},
	"pattern":          {shapeString, Draft4, Draft2020},
	"minItems":         {shapeCount, Draft4, Draft2020},
	"maxItems":         {shapeCount, Draft4, Draft2020},
	"uniqueItems":      {shapeBool, Draft4, Draft2020},
	"minContains":      {shapeCount, Draft2019, Draft2020},
	"maxContains":      {shapeCount, Draft2019, Draft2020},
	"minProperties":    {shapeCount, Draft4, Draft2020},
	"maxProperties":    {shapeCount, Draft4, Draft2020},
	"required":         {shapeStrings, Draft4, Draft2020},

	"properties":            {shapeSchemaMap, Draft4, Draft2020},
	"patternProperties":     {shapeSchemaMap, Draft4, Draft2020},
	"additionalProperties":  {shapeSchemaOld, Draft4, Draft2020},
	"propertyNames":         {shapeSchema, Draft6, Draft2020},
	"dependencies":          {shapeDeps, Draft4, Draft2020},
	"dependentRequired":     {shapeDepNames, Draft2019, Draft2020},
	"dependentSchemas":      {shapeSchemaMap, Draft2019, Draft2020},
	"items":                 {shapeItems, Draft4, Draft2020},
	"prefixItems":           {shapeSchemas, Draft2020, Draft2020},
	"additionalItems":       {shapeSchemaOld, Draft4, Draft2019},
	"contains":              {shapeSchema, Draft6, Draft2020},
	"unevaluatedProperties": {shapeSchema, Draft2019, Draft2020},
	"unevaluatedItems":      {shapeSchema, Draft2019, Draft2020},
	"allOf":                 {shapeSchemas, Draft4, Draft2020},
	"anyOf":                 {shapeSchemas, Draft4, Draft2020},
	"oneOf":                 {shapeSchemas, Draft4, Draft2020},
	"not":                   {shapeSchema, Draft4, Draft2020},
	"if":                    {shapeSchema, Draft7, Draft2020},
	"then":                  {shapeSchema, Draft7, Draft2020},
	"else":                  {shapeSchema, Draft7, Draft2020},
	"$defs":                 {shapeSchemaMap, Draft2019, Draft2020},
	"definitions":           {shapeSchemaMap, Draft4, Draft2020},

	"title":            {shapeAnnotation, Draft4, Draft2020},
	"description":      {shapeAnnotation, Draft4, Draft2020},
	"default":          {shapeAnnotation, Draft4, Draft2020},
	"examples":         {shapeAnnotation, Draft4, Draft2020},
	"format":           {shapeAnnotation, Draft4, Draft2020},
	"$comment":         {shapeAnnotation, Draft4, Draft2020},
	"readOnly":         {shapeAnnotation, Draft4, Draft2020},
	"writeOnly":        {shapeAnnotation, Draft4, Draft2020},
	"deprecated":       {shapeAnnotation, Draft4, Draft2020},
	"contentEncoding":  {shapeAnnotation, Draft4, Draft2020},
	"contentMediaType": {shapeAnnotation, Draft4, Draft2020},
	"contentSchema":    {shapeSchema, Draft2019, Draft2020},
}

// keywordIn returns the keyword's shape if the draft gives it a meaning.
func keywordIn(name string, d Draft) (shape, bool) {
	k, ok := keywords[name]
	if !ok || d < k.from || d > k.to {
		return 0, false
	}
	return k.shape, true
}

// typeNames are the values of "type".
var typeNames = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

func isTypeName(s string) bool { return slices.Contains(typeNames, s) }
