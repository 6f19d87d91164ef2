if not current() then
  return {'GONE'}
end
