if remove(self) then
  tellMembers()
end
return {'OK'}
