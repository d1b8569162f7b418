"""The XML of worksheets and shared strings, taken apart with whole-array operations; what is not of the plain form
raises `UnsupportedXmlError`. Knows neither tables nor contracts.
"""
