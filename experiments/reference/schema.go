package reference

import (
	"bytes"
	"encoding/json"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/field"
)

// Schema is a JSON Schema (draft 7, which Taplo reads) of a configuration.
func Schema() []byte {
	root := field.Schema{
		"$schema": "http://json-schema.org/draft-07/schema#",
		"title":   "A configuration of the neural style transfer workbench",
		"type":    "object", "additionalProperties": false,
	}
	properties := map[string]any{}
	for _, t := range tables() {
		switch t.Name {
		case "":
			for _, f := range t.Kinds[0].Fields {
				properties[f.Name] = described(f)
			}
		case "loss.NAME":
			properties["loss"] = field.Schema{"type": "object", "description": "The losses, each in a table of its own.",
				"additionalProperties": field.Schema{"anyOf": []any{field.Schema{"const": false}, schemaOf(t)}}}
		case "region.NAME":
			properties["region"] = field.Schema{"type": "object", "description": "Regions of the result with styles of their own, each in a table of its own.",
				"additionalProperties": field.Schema{"anyOf": []any{field.Schema{"const": false}, schemaOf(t)}}}
		case "sweep", "stages":
			properties[t.Name] = field.Schema{"anyOf": []any{field.Schema{"const": false}, schemaOf(t)}}
		default:
			properties[t.Name] = schemaOf(t)
		}
	}
	root["properties"] = properties
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		panic(err) // maps of texts and numbers
	}
	return b.Bytes()
}

// schemaOf is the schema of a table. A table of kinds accepts each kind's own keys.
func schemaOf(t config.Table) field.Schema {
	one := func(kind config.Kind, choice field.Schema) field.Schema {
		properties := map[string]any{}
		for _, f := range kind.Fields {
			properties[f.Name] = described(f)
		}
		if choice != nil {
			properties[t.Choice] = choice
		}
		return field.Schema{"type": "object", "properties": properties, "additionalProperties": false}
	}
	if t.Choice == "" {
		return one(t.Kinds[0], nil)
	}
	// "if" and "then" let an editor say which key is wrong; with anyOf it would say that
	// no kind fits.
	union := map[string]any{}
	var names []string
	var rules []any
	for i, kind := range t.Kinds {
		names = append(names, kind.Name)
		for _, f := range kind.Fields {
			if _, ok := union[f.Name]; !ok {
				union[f.Name] = field.Schema{"description": f.About}
			}
		}
		is := field.Schema{"properties": map[string]any{t.Choice: field.Schema{"const": kind.Name}}}
		if i > 0 || t.Name == "loss.NAME" { // the first is the default, except that a loss's name may choose another
			is["required"] = []string{t.Choice}
		}
		rules = append(rules, field.Schema{"if": is, "then": one(kind, field.Schema{"const": kind.Name})})
	}
	union[t.Choice] = field.Schema{"enum": names, "description": chooser(t).About}
	return field.Schema{"type": "object", "properties": union, "additionalProperties": false, "allOf": rules}
}

// described is a field's schema with what it does.
func described(f field.Field) field.Schema {
	s := field.Schema{"description": f.About}
	for k, v := range f.Schema {
		s[k] = v
	}
	return s
}
